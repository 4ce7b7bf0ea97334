import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { BatchEndpoint, ChatCompletion, TextCompletion } from '@gistpool/contracts';
import type { NewJob } from '@gistpool/queue';
import { OpenStreams } from '../../events/open-streams';
import { SseStream } from '../../events/sse-stream';
import { ApiError } from '../../http/api-error';
import { answerTo } from '../../http/error-answer';
import { Submit } from '../../jobs/submit';
import { Log } from '../../log';
import { Pool } from '../../pool';
import { completionOf } from '../answers/completion';
import { completionUsage } from '../answers/completion-usage';
import { finishReasonOf, type EndedJob } from '../answers/ended-job';
import { errorTypeOf } from '../error-type';
import { askedBy } from '../requests/jobs-of';
import { Chunks } from './chunks';
import { Deltas } from './deltas';
import { untilEnded } from './run-jobs';

const TOKENS_WITHIN_MS = 5_000;

type Jobs = readonly [NewJob, ...NewJob[]];

/** Answers a client that waits. When it goes, or this process ends, its jobs are cancelled: nobody would read them. */
@Injectable()
export class Completions implements OnModuleDestroy {
  private readonly stopping = new AbortController();

  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(Submit) private readonly submit: Submit,
    @Inject(OpenStreams) private readonly open: OpenStreams,
    @Inject(Log) private readonly log: Log,
  ) {}

  onModuleDestroy(): void {
    this.stopping.abort();
  }

  async answer(endpoint: BatchEndpoint, body: unknown, tenant: string, reply: FastifyReply): Promise<void> {
    const asked = askedBy(endpoint, body, tenant);
    const jobs = await this.prepare(asked.jobs);
    if (asked.isStream) {
      const [first] = jobs;
      return this.stream(jobs, new Chunks(endpoint, first, asked.includesUsage), reply);
    }
    const completion = await this.whole(endpoint, jobs, reply);
    if (completion !== undefined) await reply.code(200).send(completion);
  }

  private async prepare(requests: Parameters<Submit['prepare']>[0]): Promise<Jobs> {
    const prepared = await this.submit.prepare(requests, { timeoutMs: TOKENS_WITHIN_MS });
    const jobs = prepared.map((job) => {
      if (job instanceof ApiError) throw job;
      return job;
    });
    const [first, ...others] = jobs;
    if (first === undefined) throw new Error('a request was prepared to nothing');
    return [first, ...others];
  }

  /** Undefined: the client is gone. */
  private async whole(
    endpoint: BatchEndpoint,
    jobs: Jobs,
    reply: FastifyReply,
  ): Promise<ChatCompletion | TextCompletion | undefined> {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const ended = await this.run(jobs, gone.signal, () => Promise.resolve());
    if (ended === undefined && this.stopping.signal.aborted) throw stops();
    return ended && completionOf(endpoint, ended);
  }

  private async stream(jobs: Jobs, chunks: Chunks, reply: FastifyReply): Promise<void> {
    const answersAtOnce = await this.answersAtOnce(jobs[0].model);
    const deltas = jobs.map(() => new Deltas(answersAtOnce));
    const stream = new SseStream(reply.raw);
    reply.hijack();
    await this.open.during(stream, async () => {
      stream.open();
      // Something to read at once, also when all cards are taken; more follows as long as nothing else does.
      stream.keepAlive();
      const send = (chunk: object | undefined) =>
        chunk === undefined ? Promise.resolve() : stream.sendData(JSON.stringify(chunk));
      try {
        for (const at of jobs.keys()) await send(chunks.first(at));
        const ended = await this.run(jobs, stream.signal, async (at, event) => {
          for (const delta of deltas[at]?.next(event) ?? []) await send(chunks.text(at, delta));
        });
        if (ended === undefined) return;
        for (const [at, { result }] of ended.entries()) {
          for (const delta of deltas[at]?.rest(result) ?? []) await send(chunks.text(at, delta));
          await send(chunks.last(at, finishReasonOf(result)));
        }
        await send(chunks.usage(completionUsage(ended)));
        await stream.sendData('[DONE]');
      } catch (error) {
        await stream.sendData(JSON.stringify(this.errorChunk(error, reply.request.url)));
      }
    });
  }

  /** Submits, follows all to their ends, and cancels what is left when one of them or the client ends it. */
  private async run(
    jobs: Jobs,
    gone: AbortSignal,
    hear: (at: number, event: Parameters<Deltas['next']>[0]) => Promise<void>,
  ): Promise<[EndedJob, ...EndedJob[]] | undefined> {
    const broken = new AbortController();
    const signal = AbortSignal.any([gone, broken.signal, this.stopping.signal]);
    let isWhole = false;
    await this.pool.jobs.submit(jobs);
    try {
      const ended = await Promise.all(
        jobs.map(async (job, at) => {
          const one = await untilEnded(this.pool, job, signal, (event) => hear(at, event));
          if (one instanceof ApiError) throw one;
          return one;
        }),
      );
      const [first, ...others] = ended.filter((one) => one !== undefined);
      if (first === undefined || others.length + 1 < jobs.length) return undefined;
      isWhole = true;
      return [first, ...others];
    } finally {
      broken.abort();
      if (!isWhole) await Promise.all(jobs.map(({ id }) => this.pool.jobs.cancel(id)));
    }
  }

  /** A model without thoughts that does not mark its answer says nothing else. */
  private async answersAtOnce(name: string): Promise<boolean> {
    const model = (await this.pool.fleet.models()).find((one) => one.name === name);
    return model?.marks_answer === false && (model.method === 'vanilla' || model.method === 'window');
  }

  private errorChunk(error: unknown, url: string): object {
    const answer = answerTo(error) ?? new ApiError(500, 'internal', 'something broke on our side');
    if (answer.code === 'internal') this.log.to.error({ url, err: error }, 'a streamed answer failed');
    return { error: { ...answer.body, type: errorTypeOf(url, answer.status) } };
  }
}

/** A connection that is kept open would keep the process from its end. */
const stops = (): ApiError =>
  new ApiError(503, 'unavailable', 'the api stops; the jobs were cancelled, send the request again', null, {
    'retry-after': '2',
    connection: 'close',
  });
