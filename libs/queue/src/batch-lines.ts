import type { Redis } from 'ioredis';
import type { BatchError } from '@gistpool/contracts';
import type { Names } from './names';

/** Lines are looked at, and their results put together, in blocks of so many, by line number. A whole number of bytes of bits. */
export const LINES_PER_BLOCK = 256;
const BLOCK_BYTES = LINES_PER_BLOCK / 8;

export const blockOf = (line: number): number => Math.floor(line / LINES_PER_BLOCK);

/** How a line ended: as its job did, or before it became one. */
export const LINE_ENDS = ['completed', 'failed', 'cancelled', 'expired', 'refused'] as const;
export type LineEnd = (typeof LINE_ENDS)[number];

/**
 * Which lines of a batch have ended, and how: sets of line numbers, kept as bits. A line is in a set or not, however often
 * its end is written, so that counts never count a repeated write. The script that ends a job writes all but the last
 * (see prelude.ts), in the same step.
 */
export class BatchLines {
  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
  ) {}

  keys(id: string): string[] {
    return [...LINE_ENDS.map((end) => this.names.batchLines(id, end)), this.refusals(id), this.sealed(id)];
  }

  async counts(id: string): Promise<{ completed: number; failed: number; refused: number }> {
    const reads = this.redis.pipeline();
    for (const end of LINE_ENDS) reads.bitcount(this.names.batchLines(id, end));
    const [completed = 0, failed = 0, cancelled = 0, expired = 0, refused = 0] = (
      (await reads.exec()) ?? []
    ).map(([, count]) => Number(count ?? 0));
    return { completed, failed: failed + cancelled + expired + refused, refused };
  }

  /** Lines that become no jobs, and why. */
  async refuse(id: string, lines: readonly { line: number; error: BatchError }[]): Promise<void> {
    if (lines.length === 0) return;
    const writes = this.redis.multi();
    for (const { line, error } of lines) {
      writes.hset(this.refusals(id), String(line), JSON.stringify(error));
      writes.setbit(this.names.batchLines(id, 'refused'), line, 1);
    }
    await writes.exec();
  }

  async ended(id: string, blocks: readonly number[]): Promise<Map<number, LineEnd>> {
    const reads = this.redis.pipeline();
    for (const block of blocks) {
      const [first, last] = [block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES - 1];
      for (const end of LINE_ENDS) reads.getrangeBuffer(this.names.batchLines(id, end), first, last);
    }
    const ended = new Map<number, LineEnd>();
    for (const [at, [error, bits]] of ((await reads.exec()) ?? []).entries()) {
      if (error) throw error;
      const block = blocks[Math.floor(at / LINE_ENDS.length)];
      const end = LINE_ENDS[at % LINE_ENDS.length];
      if (block === undefined || end === undefined) continue;
      for (const line of linesIn(bits as Buffer)) ended.set(block * LINES_PER_BLOCK + line, end);
    }
    return ended;
  }

  /** In the order asked; undefined: the line was not refused. */
  async refusalsOf(id: string, lines: readonly number[]): Promise<(BatchError | undefined)[]> {
    if (lines.length === 0) return [];
    const texts = await this.redis.hmget(this.refusals(id), ...lines.map(String));
    return texts.map((text) => (text === null ? undefined : (JSON.parse(text) as BatchError)));
  }

  /** The results of a block are put together: nothing of its lines need be kept here but that they ended. */
  async seal(id: string, block: number): Promise<void> {
    const lines = Array.from({ length: LINES_PER_BLOCK }, (_, i) => String(block * LINES_PER_BLOCK + i));
    await this.redis
      .multi()
      .setbit(this.sealed(id), block, 1)
      .hdel(this.refusals(id), ...lines)
      .exec();
  }

  async sealedBlocks(id: string): Promise<Set<number>> {
    const bits = await this.redis.getBuffer(this.sealed(id));
    return new Set(bits === null ? [] : linesIn(bits));
  }

  private refusals(id: string): string {
    return this.names.batchLines(id, 'refusals');
  }

  private sealed(id: string): string {
    return this.names.batchLines(id, 'sealed');
  }
}

/** Redis counts bits from the highest of the first byte. */
function* linesIn(bits: Buffer): Generator<number> {
  for (const [at, byte] of bits.entries()) {
    if (byte === 0) continue;
    for (let bit = 0; bit < 8; bit += 1) if ((byte & (0x80 >> bit)) !== 0) yield at * 8 + bit;
  }
}
