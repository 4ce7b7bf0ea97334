import { randomInt } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  MAX_DELAY_MS,
  MAX_PROMPT_BYTES,
  type JobRequest,
  type Message,
  type ModelInfo,
  type WebhookRequest,
} from '@gistpool/contracts';
import type { JobRecord, NewJob } from '@gistpool/queue';
import { ApiError, unavailable } from '../http/api-error';
import { Pool } from '../pool';
import { traceOfNewJob } from '../tracing/job-trace';
import { AnswerFormats } from './answer-formats';
import { findJob } from './find-job';
import { Gathered } from './gathered';
import { WebhookSettings } from '../webhooks/webhook-settings';
import { fitLimits } from './fit';
import { Ids } from './ids';
import { Models } from './models';

/** A card that does not report itself may be starting, or be held up; it gets this long to show. */
const CARD_MAY_TAKE_MS = 2_000;
const MAX_SEED = 2 ** 32;

/** `isNew` is false where a job with the same dedupe key was there. */
export interface Submitted {
  readonly job: JobRecord;
  readonly isNew: boolean;
}

/** Turns checked requests into stored jobs: model, token count, limits, upper bound, id. */
@Injectable()
export class Submit {
  readonly ids = new Ids();
  /** By model, since one without a worker makes its own requests wait. */
  private readonly preparing = new Gathered((requests: readonly JobRequest[]) =>
    this.prepare(requests, { timeoutMs: CARD_MAY_TAKE_MS }),
  );
  private readonly storing = new Gathered((jobs: readonly NewJob[]) => this.pool.jobs.submit(jobs));
  private readonly formats: AnswerFormats;

  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(WebhookSettings) private readonly webhooks: WebhookSettings,
  ) {
    this.formats = new AnswerFormats(pool);
  }

  /** `id`: given where the request may be sent again and is to lead to the same job. */
  async one(request: JobRequest, id?: string): Promise<Submitted> {
    const prepared = await this.prepareOne(request);
    const job = id === undefined ? prepared : { ...prepared, id };
    const knownAs = await this.storing.ask(job);
    if (knownAs !== job.id) return { job: await findJob(this.pool, knownAs), isNew: false };
    const state = job.notBeforeMs !== undefined && job.notBeforeMs > job.createdAtMs ? 'delayed' : 'waiting';
    const counts = { crashes: 0, failedAttempts: 0, resumes: 0, outgrown: 0 };
    return { job: { ...job, state, ...counts }, isNew: true };
  }

  /** The job that the request would become, or its error thrown. Stores nothing. */
  async prepareOne(request: JobRequest): Promise<NewJob> {
    const prepared = await this.preparing.ask(request, request.model);
    if (prepared instanceof ApiError) throw prepared;
    return prepared;
  }

  /** A job, or why there is none, for each request in its order. Stores nothing. */
  async prepare(
    requests: readonly JobRequest[],
    { timeoutMs, batch }: { timeoutMs: number; batch?: string },
  ): Promise<(NewJob | ApiError)[]> {
    const [known, cards] = await Promise.all([this.pool.fleet.models(), this.pool.fleet.cards()]);
    const models = new Models(known, cards);
    const chosen = requests.map((request) => ({
      request,
      model: tooLong(request) ?? models.choose(request.model),
    }));
    const tokens = await this.countTokens(chosen, (model) =>
      models.hasCard(model) ? timeoutMs : Math.min(timeoutMs, CARD_MAY_TAKE_MS),
    );
    const problems = await this.formats.problems(chosen, timeoutMs);
    return chosen.map(({ request, model }) => {
      if (model instanceof ApiError) return model;
      const problem = problems.get(request);
      if (problem !== undefined) return problem;
      const promptTokens = tokens.get(request);
      if (promptTokens === undefined) return noWorker(model);
      return this.newJob(request, model, promptTokens, batch);
    });
  }

  /** One question per model for all its prompts. A request without an entry got no answer. */
  private async countTokens(
    chosen: readonly { request: JobRequest; model: ModelInfo | ApiError }[],
    timeoutOf: (model: string) => number,
  ): Promise<Map<JobRequest, number>> {
    const byModel = new Map<string, JobRequest[]>();
    for (const { request, model } of chosen) {
      if (model instanceof ApiError) continue;
      byModel.set(model.name, [...(byModel.get(model.name) ?? []), request]);
    }
    const tokens = new Map<JobRequest, number>();
    await Promise.all(
      [...byModel].map(async ([model, requests]) => {
        const counts = await this.pool.tokenCounts.count(model, requests.map(messagesOf), timeoutOf(model));
        requests.forEach((request, i) => {
          const count = counts?.[i];
          if (count !== undefined) tokens.set(request, count);
        });
      }),
    );
    return tokens;
  }

  private newJob(
    request: JobRequest,
    model: ModelInfo,
    promptTokens: number,
    batch: string | undefined,
  ): NewJob | ApiError {
    const fitted = fitLimits(model, promptTokens, request);
    if (fitted instanceof ApiError) return fitted;
    const createdAtMs = Date.now();
    const refused =
      tooLate(request, createdAtMs) ??
      (request.webhook && this.webhooks.refusal(request.webhook, 'webhook.url'));
    if (refused !== undefined) return refused;
    return {
      id: this.ids.next('job'),
      ...(request.custom_id === undefined ? {} : { customId: request.custom_id }),
      ...(batch === undefined ? {} : { batch }),
      ...(request.task === undefined ? {} : { task: request.task }),
      model: model.name,
      tenant: request.tenant,
      priority: request.priority,
      ...(request.tags.length === 0 ? {} : { tags: request.tags }),
      ...timesOf(request, createdAtMs),
      ...(request.retries === 0
        ? {}
        : { retries: request.retries, retryBackoffMs: request.retry_backoff_ms }),
      ...(request.dedupe_key === undefined ? {} : { dedupeKey: request.dedupe_key }),
      ...(request.webhook === undefined ? {} : { webhook: webhookOf(request.webhook) }),
      metadata: request.metadata,
      messages: messagesOf(request),
      limits: fitted.limits,
      sampling: { ...request.sampling, seed: request.sampling.seed ?? randomInt(MAX_SEED) },
      promptTokens,
      predictedPeakCells: fitted.peakCells,
      createdAtMs,
      ...traceOfNewJob(batch),
    };
  }
}

/** Unix milliseconds. What lies in the past is left out. */
function timesOf(request: JobRequest, nowMs: number): Pick<NewJob, 'notBeforeMs' | 'deadlineMs'> {
  const { delay_ms: delayMs, not_before: notBefore, deadline } = request;
  const notBeforeMs = delayMs === undefined ? notBefore : nowMs + delayMs;
  return {
    ...(notBeforeMs === undefined || notBeforeMs <= nowMs ? {} : { notBeforeMs }),
    ...(deadline === undefined ? {} : { deadlineMs: deadline }),
  };
}

function tooLate(request: JobRequest, nowMs: number): ApiError | undefined {
  const { notBeforeMs = nowMs, deadlineMs = Infinity } = timesOf(request, nowMs);
  const refused = (message: string, param: string) => new ApiError(400, 'invalid_request', message, param);
  if (deadlineMs <= nowMs) return refused('deadline: it has passed', 'deadline');
  if (deadlineMs <= notBeforeMs) return refused('deadline: the job is not to begin before it', 'deadline');
  if (notBeforeMs - nowMs > MAX_DELAY_MS)
    return refused(`not_before: at most ${MAX_DELAY_MS / 86_400_000} days ahead`, 'not_before');
  return undefined;
}

const webhookOf = ({ url, events }: WebhookRequest): WebhookRequest =>
  events === undefined ? { url } : { url, events };

const messagesOf = (request: JobRequest): readonly Message[] =>
  request.messages ?? [{ role: 'user', content: request.prompt ?? '' }];

/** Counting the tokens of more than this would hold up a worker; no slot is so wide. */
function tooLong(request: JobRequest): ApiError | undefined {
  const bytes = messagesOf(request).reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  if (bytes <= MAX_PROMPT_BYTES) return undefined;
  const param = request.messages === undefined ? 'prompt' : 'messages';
  const message = `${param}: ${bytes} bytes of text; at most ${MAX_PROMPT_BYTES} are taken`;
  return new ApiError(413, 'body_too_large', message, param);
}

const noWorker = (model: ModelInfo): ApiError =>
  unavailable(`no worker of ${model.name} answered in time; nothing was stored, send the request again`);
