import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { MAX_BATCH_LINE_BYTES, type BatchError } from '@gistpool/contracts';
import { blockOf, type BatchRecord, type NewJob } from '@gistpool/queue';
import { readLines } from '../../batch/lines';
import { ApiError } from '../../http/api-error';
import type { Submit } from '../../jobs/submit';
import type { Pool } from '../../pool';
import type { Files } from '../files/files';
import { batchErrorOf, stopError, type Stop } from './batch-error';
import { finishBatch } from './finish-batch';
import { InputLines, type InputLine } from './input-line';
import { OpenBlocks, type Block } from './open-blocks';
import { outputLineOf } from './output-line';
import { countLines } from './scan';
import { Segments } from './segments';

/** Lines are stored together until either is reached: what is held here of a batch of any size. */
const CHUNK_LINES = 256;
const CHUNK_BYTES = 4 * 1024 * 1024;
/** So much text of a batch's jobs is in Redis at once, and so many jobs as `windowJobs`: whatever the size of the batch. */
const WINDOW_BYTES = 16 * 1024 * 1024;
const POLL_MS = 100;
/** As long as no worker counts tokens, lines wait in their file. */
const TOKENS_WITHIN_MS = 10_000;
const AGAIN_MS = 1_000;
const QUOTA_LOOK_MS = 1_000;
const RESULTS_AT_ONCE = 32;

export interface RunContext {
  readonly pool: Pool;
  readonly files: Files;
  readonly submit: Submit;
  /** So many jobs of a batch wait or run at once. */
  readonly windowJobs: number;
}

/**
 * One batch, from its file to its files. Everything it does may be done again from the start by another process: lines
 * become jobs whose ids follow from batch and line, ends of lines are sets, and a block's results say the same each time.
 */
export class BatchRun {
  private readonly blocks = new OpenBlocks();
  private readonly segments: Segments;
  private readonly lines: InputLines;
  private readonly cancelled = new Set<string>();
  /** Another process may have taken lines of it before. */
  private readonly isResumed: boolean;

  constructor(
    private readonly context: RunContext,
    private batch: BatchRecord,
    private readonly signal: AbortSignal,
  ) {
    this.isResumed = batch.total > 0;
    this.segments = new Segments(context.pool.blobs, batch.id);
    this.lines = new InputLines(batch.endpoint, batch.tenant);
  }

  async run(): Promise<void> {
    if (
      this.batch.status === 'validating' ||
      (this.batch.status === 'cancelling' && this.batch.total === 0)
    ) {
      const refused = await this.count();
      if (refused !== undefined) {
        await this.move(['validating'], 'failed', { errors: [refused] });
        return this.finish();
      }
    }
    if (this.batch.status === 'in_progress' || this.batch.status === 'cancelling') await this.work();
    await this.finish();
  }

  /** Undefined: there is work in it. */
  private async count(): Promise<BatchError | undefined> {
    const source = await this.context.pool.blobs.read(`files/${this.batch.inputFileId}`);
    const counted = source === undefined ? gone(this.batch.inputFileId) : await countLines(source);
    if (typeof counted !== 'number') return counted;
    await this.context.pool.batches.set(this.batch.id, { total: counted });
    await this.move(['validating'], 'in_progress');
    return undefined;
  }

  private async work(): Promise<void> {
    const sealed = await this.context.pool.batches.lines.sealedBlocks(this.batch.id);
    const source = await this.context.pool.blobs.read(`files/${this.batch.inputFileId}`);
    const chunkLines = Math.min(CHUNK_LINES, this.context.windowJobs);
    let chunk: InputLine[] = [];
    let bytes = 0;
    const take = async () => {
      await this.take(chunk);
      chunk = [];
      bytes = 0;
    };
    for await (const line of readLines(source ?? Readable.from([]), MAX_BATCH_LINE_BYTES)) {
      this.signal.throwIfAborted();
      const read = this.lines.read(line);
      const block = blockOf(line.number);
      if (sealed.has(block)) continue;
      const [first] = chunk;
      if (first !== undefined && blockOf(first.number) !== block) await take();
      this.blocks.readUpTo(block);
      chunk.push(read);
      bytes += read.bytes;
      if (chunk.length >= chunkLines || bytes >= CHUNK_BYTES) await take();
    }
    await take();
    this.blocks.readUpTo(Number.POSITIVE_INFINITY);
    while (await this.hasOpenBlocks()) await delay(POLL_MS, undefined, { signal: this.signal });
  }

  /** Good lines become jobs, as soon as there is room for them; bad ones are refused. */
  private async take(lines: readonly InputLine[]): Promise<void> {
    const chunk = this.isResumed ? await this.withoutTaken(lines) : lines;
    await this.refuse(chunk.filter(({ asked }) => asked instanceof ApiError));
    let waiting = chunk.filter(({ asked }) => !(asked instanceof ApiError));
    const bytes = waiting.reduce((sum, line) => sum + line.bytes, 0);
    while (waiting.length > 0) {
      const stop = await this.room(waiting.length, bytes);
      if (stop !== undefined) return this.refuse(waiting, stop);
      waiting = await this.submit(waiting);
      if (waiting.length > 0) await delay(AGAIN_MS, undefined, { signal: this.signal });
    }
  }

  /** What another process has taken already goes on as it is, and is not taken again. */
  private async withoutTaken(lines: readonly InputLine[]): Promise<InputLine[]> {
    const { batches, jobs } = this.context.pool;
    const blocks = [...new Set(lines.map(({ number }) => blockOf(number)))];
    const ends = await batches.lines.ended(this.batch.id, blocks);
    const taken = await Promise.all(
      lines.map(async ({ number }) => {
        const end = ends.get(number);
        if (end === 'refused') return { jobId: undefined };
        const jobId = jobIdOf(this.batch.id, number);
        return end !== undefined || (await jobs.get(jobId)) !== undefined ? { jobId } : undefined;
      }),
    );
    for (const [at, { number, customId, bytes }] of lines.entries()) {
      const found = taken[at];
      if (found !== undefined) this.blocks.add({ number, customId, jobId: found.jobId, bytes });
    }
    return lines.filter((_, at) => taken[at] === undefined);
  }

  /** Those for which no worker could count tokens yet. */
  private async submit(lines: readonly InputLine[]): Promise<InputLine[]> {
    const requests = lines.flatMap(({ asked }) => (asked instanceof ApiError ? [] : [asked]));
    const { id } = this.batch;
    const prepared = await this.context.submit.prepare(requests, { timeoutMs: TOKENS_WITHIN_MS, batch: id });
    const jobs: NewJob[] = [];
    const refused: InputLine[] = [];
    const later: InputLine[] = [];
    for (const [at, line] of lines.entries()) {
      const job = prepared[at];
      if (job === undefined || (job instanceof ApiError && job.code === 'unavailable')) later.push(line);
      else if (job instanceof ApiError) refused.push({ ...line, asked: job });
      else jobs.push({ ...job, id: jobIdOf(id, line.number), line: line.number });
    }
    await this.refuse(refused);
    if (jobs.length > 0) await this.context.pool.jobs.submit(jobs);
    const lineOf = new Map(lines.map((line) => [line.number, line]));
    for (const { id: jobId, line: number = 0 } of jobs) {
      const line = lineOf.get(number);
      if (line !== undefined) this.blocks.add({ number, customId: line.customId, jobId, bytes: line.bytes });
    }
    return later;
  }

  private async refuse(lines: readonly InputLine[], stop?: Stop): Promise<void> {
    const refused = lines.map(({ number, asked }) => ({
      line: number,
      error:
        stop === undefined && asked instanceof ApiError
          ? batchErrorOf(asked, number)
          : stopError(stop ?? 'batch_expired', number),
    }));
    await this.context.pool.batches.lines.refuse(this.batch.id, refused);
    for (const { number, customId } of lines)
      this.blocks.add({ number, customId, jobId: undefined, bytes: 0 });
  }

  /** Waits until there is room for so much more; answers why not to take it. */
  private async room(jobs: number, bytes: number): Promise<Stop | undefined> {
    for (;;) {
      const stop = await this.look();
      if (stop !== undefined) return stop;
      const { running } = this.blocks;
      const isEmpty = running.jobs === 0;
      if (
        isEmpty ||
        (running.jobs + jobs <= this.context.windowJobs && running.bytes + bytes <= WINDOW_BYTES)
      ) {
        const { outcome } = await this.context.pool.meter.look(this.batch.tenant);
        if (outcome === 'ok') return undefined;
        // The tenant's day is used up: its lines stay in their file until the next, or until the window runs out.
        await delay(QUOTA_LOOK_MS, undefined, { signal: this.signal });
      }
      await delay(POLL_MS, undefined, { signal: this.signal });
    }
  }

  private async hasOpenBlocks(): Promise<boolean> {
    await this.look();
    return this.blocks.numbers.length > 0;
  }

  /** Sees what has ended, puts together what is complete, and whether the batch is to stop. */
  private async look(): Promise<Stop | undefined> {
    this.signal.throwIfAborted();
    const ends = await this.context.pool.batches.lines.ended(this.batch.id, this.blocks.numbers);
    this.blocks.note(ends);
    const stop = await this.stop();
    for (const block of this.blocks.finished) {
      await this.seal(block, stop);
      this.blocks.drop(block);
    }
    if (stop !== undefined) await this.cancelJobs();
    return stop;
  }

  private async stop(): Promise<Stop | undefined> {
    const now = await this.context.pool.batches.get(this.batch.id);
    if (now === undefined) throw new Error(`batch ${this.batch.id} is gone`);
    this.batch = now;
    if (now.status === 'cancelling') return 'batch_cancelled';
    if (now.isExpiring) return 'batch_expired';
    if (Date.now() < now.expiresAtMs || now.completed + now.failed >= now.total) return undefined;
    await this.context.pool.batches.set(now.id, { isExpiring: true });
    return 'batch_expired';
  }

  private async cancelJobs(): Promise<void> {
    const ids = this.blocks.unfinishedJobIds.filter((id) => !this.cancelled.has(id));
    for (let at = 0; at < ids.length; at += CHUNK_LINES) {
      const some = ids.slice(at, at + CHUNK_LINES);
      await Promise.all(some.map((id) => this.context.pool.jobs.cancel(id)));
      for (const id of some) this.cancelled.add(id);
    }
  }

  private async seal(block: Block, stop: Stop | undefined): Promise<void> {
    const { pool } = this.context;
    const lines = [...block.lines.values()].sort((a, b) => a.number - b.number);
    const refusals = await pool.batches.lines.refusalsOf(
      this.batch.id,
      lines.map(({ number }) => number),
    );
    const written: ReturnType<typeof outputLineOf>[] = [];
    for (let at = 0; at < lines.length; at += RESULTS_AT_ONCE) {
      const some = lines.slice(at, at + RESULTS_AT_ONCE);
      const ended = await Promise.all(
        some.map(async (line, i) => {
          const { jobId } = line;
          const end = block.ends.get(line.number);
          const [job, result] =
            jobId === undefined
              ? []
              : await Promise.all([
                  pool.jobs.get(jobId),
                  end === 'completed' ? pool.results.get(jobId) : undefined,
                ]);
          return { endpoint: this.batch.endpoint, line, end, job, result, refusal: refusals[at + i], stop };
        }),
      );
      written.push(...ended.map(outputLineOf));
    }
    await this.segments.write(block.number, written);
    await pool.batches.lines.seal(this.batch.id, block.number);
  }

  private async finish(): Promise<void> {
    this.signal.throwIfAborted();
    await finishBatch(this.context, this.batch.id, this.segments, this.signal);
  }

  private async move(
    from: Parameters<Pool['batches']['move']>[1],
    to: BatchRecord['status'],
    fields?: Parameters<Pool['batches']['move']>[3],
  ): Promise<boolean> {
    const { batches } = this.context.pool;
    const hasMoved = await batches.move(this.batch.id, from, to, fields);
    this.batch = (await batches.get(this.batch.id)) ?? this.batch;
    return hasMoved;
  }
}

/** The same for every process that reads the line: a job that is there already is left as it is. */
const jobIdOf = (batchId: string, line: number): string => `${batchId.replace('batch_', 'job_')}-${line}`;

const gone = (fileId: string): BatchError => ({
  code: 'file_not_found',
  message: `the input file ${fileId} is not there any more`,
  param: 'input_file_id',
  line: null,
});
