import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { MAX_BATCH_LINE_BYTES, type JobRequest } from '@gistpool/contracts';
import type { Caller } from '../access/caller';
import { ApiError } from '../http/api-error';
import { answerTo } from '../http/error-answer';
import { Submit } from '../jobs/submit';
import { Log } from '../log';
import { Pool } from '../pool';
import { readLines, type Line } from './lines';
import { Receipt } from './receipt';
import { requestOf } from './request-line';

/** Lines are stored together until either is reached: what is held in memory of a batch of any size. */
const CHUNK_LINES = 256;
const CHUNK_BYTES = 4 * 1024 * 1024;
/** A busy worker counts hundreds of prompts in this time; one that did not is not waited for so long again. */
const PATIENT_MS = 10_000;
const IMPATIENT_MS = 1_000;
/** A batch that is being read when the process is told to stop may come to its end for so long. */
const FINISH_WITHIN_MS = 3_000;

interface Entry {
  readonly line: number;
  readonly request: JobRequest;
}

/** Takes a batch in: good lines become jobs, bad ones are named in the receipt, and neither disturbs the other. */
@Injectable()
export class Intake implements OnModuleDestroy {
  private readonly underWay = new Map<Readable, Promise<Receipt>>();

  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(Submit) private readonly submit: Submit,
    @Inject(Log) private readonly log: Log,
  ) {}

  async take(caller: Caller, body: Readable): Promise<Receipt> {
    const taking = this.takeAll(caller, body);
    this.underWay.set(body, taking);
    try {
      return await taking;
    } finally {
      this.underWay.delete(body);
    }
  }

  /** What does not end in time is broken off and taken back, as if its client had gone. */
  async onModuleDestroy(): Promise<void> {
    const all = Promise.allSettled(this.underWay.values());
    await Promise.race([all, delay(FINISH_WITHIN_MS, undefined, { ref: false })]);
    for (const body of this.underWay.keys()) body.destroy(new Error('the api stops'));
    await all;
  }

  private async takeAll(caller: Caller, body: Readable): Promise<Receipt> {
    const receipt = new Receipt(this.submit.ids.next('batch'));
    try {
      await this.takeLines(caller, body, receipt);
    } catch (error) {
      await this.takeBack(receipt);
      throw error;
    }
    return receipt;
  }

  private async takeLines(caller: Caller, body: AsyncIterable<Buffer>, receipt: Receipt): Promise<void> {
    const lineOf = new Map<string, number>();
    let chunk: Entry[] = [];
    let bytes = 0;
    let timeoutMs = PATIENT_MS;
    for await (const line of readLines(body, MAX_BATCH_LINE_BYTES)) {
      const request = read(caller, line, lineOf);
      if (request instanceof ApiError) {
        receipt.refuse(line.number, request);
        continue;
      }
      chunk.push({ line: line.number, request });
      bytes += line.kind === 'bytes' ? line.bytes.length : 0;
      if (chunk.length < CHUNK_LINES && bytes < CHUNK_BYTES) continue;
      timeoutMs = (await this.store(chunk, receipt, timeoutMs)) ? PATIENT_MS : IMPATIENT_MS;
      chunk = [];
      bytes = 0;
    }
    if (chunk.length > 0) await this.store(chunk, receipt, timeoutMs);
  }

  /** Lines that cannot be stored are refused with the reason. Answers whether everything needed for it was there. */
  private async store(chunk: readonly Entry[], receipt: Receipt, timeoutMs: number): Promise<boolean> {
    try {
      const requests = chunk.map((entry) => entry.request);
      const prepared = await this.submit.prepare(requests, { timeoutMs, batch: receipt.id });
      const outcomes = chunk.flatMap(({ line }, i) => {
        const outcome = prepared[i];
        return outcome === undefined ? [] : [{ line, outcome }];
      });
      const jobs = outcomes.flatMap(({ outcome }) => (outcome instanceof ApiError ? [] : [outcome]));
      const known = jobs.length > 0 ? await this.pool.jobs.submit(jobs) : [];
      for (const { line, outcome } of outcomes) {
        if (outcome instanceof ApiError) receipt.refuse(line, outcome);
        else receipt.accept(line, outcome, known[jobs.indexOf(outcome)]);
      }
      return !outcomes.some(({ outcome }) => outcome instanceof ApiError && outcome.code === 'unavailable');
    } catch (error) {
      this.log.to.error({ batch: receipt.id, err: error }, 'a chunk of a batch could not be stored');
      const answer =
        answerTo(error) ??
        new ApiError(500, 'internal', 'something broke on our side while storing this line');
      for (const { line } of chunk) receipt.refuse(line, answer);
      return false;
    }
  }

  /** A client that broke off gets no receipt and will send all of it again: nothing of this try may run beside that. */
  private async takeBack(receipt: Receipt): Promise<void> {
    const ids = receipt.newJobIds;
    if (ids.length === 0) return;
    this.log.to.warn(
      { batch: receipt.id, jobs: ids.length },
      'a batch broke off while it was read; its jobs are cancelled',
    );
    for (let i = 0; i < ids.length; i += CHUNK_LINES) {
      await Promise.all(ids.slice(i, i + CHUNK_LINES).map((id) => this.pool.jobs.cancel(id)));
    }
  }
}

/** The request of a line, or why it is refused. A custom_id counts from the first line that holds it. */
function read(caller: Caller, line: Line, lineOf: Map<string, number>): JobRequest | ApiError {
  try {
    const request = requestOf(caller, line);
    const { custom_id } = request;
    if (custom_id === undefined) return request;
    const earlier = lineOf.get(custom_id);
    if (earlier !== undefined) {
      return new ApiError(400, 'invalid_request', `custom_id: line ${earlier} has the same one`, 'custom_id');
    }
    lineOf.set(custom_id, line.number);
    return request;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}
