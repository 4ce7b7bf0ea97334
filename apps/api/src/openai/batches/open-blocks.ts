import { blockOf, type LineEnd } from '@gistpool/queue';

export interface OpenLine {
  readonly number: number;
  readonly customId: string | undefined;
  /** Undefined: it was refused. */
  readonly jobId: string | undefined;
  /** What the job holds in Redis. */
  readonly bytes: number;
}

export interface Block {
  readonly number: number;
  readonly lines: Map<number, OpenLine>;
  readonly ends: Map<number, LineEnd>;
  isRead: boolean;
}

/** Lines that were taken and whose results are not put together yet, block by block. */
export class OpenBlocks {
  private readonly blocks = new Map<number, Block>();
  private jobs = 0;
  private bytes = 0;

  /** Jobs that have not ended, and the text they hold in Redis. */
  get running(): { jobs: number; bytes: number } {
    return { jobs: this.jobs, bytes: this.bytes };
  }

  get numbers(): number[] {
    return [...this.blocks.keys()];
  }

  add(line: OpenLine): void {
    const number = blockOf(line.number);
    const block = this.blocks.get(number) ?? { number, lines: new Map(), ends: new Map(), isRead: false };
    this.blocks.set(number, block);
    block.lines.set(line.number, line);
    if (line.jobId === undefined) return void block.ends.set(line.number, 'refused');
    this.jobs += 1;
    this.bytes += line.bytes;
  }

  /** No further line of blocks before this one will come. */
  readUpTo(block: number): void {
    for (const open of this.blocks.values()) if (open.number < block) open.isRead = true;
  }

  note(ends: ReadonlyMap<number, LineEnd>): void {
    for (const [number, end] of ends) {
      const block = this.blocks.get(blockOf(number));
      const line = block?.lines.get(number);
      if (block === undefined || line === undefined || block.ends.has(number)) continue;
      block.ends.set(number, end);
      this.jobs -= 1;
      this.bytes -= line.bytes;
    }
  }

  get finished(): Block[] {
    return [...this.blocks.values()].filter((block) => block.isRead && block.ends.size === block.lines.size);
  }

  get unfinishedJobIds(): string[] {
    return [...this.blocks.values()].flatMap(({ lines, ends }) =>
      [...lines.values()].flatMap(({ number, jobId }) =>
        jobId === undefined || ends.has(number) ? [] : [jobId],
      ),
    );
  }

  drop(block: Block): void {
    this.blocks.delete(block.number);
  }
}
