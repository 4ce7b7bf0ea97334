import { z } from 'zod';
import { AnswerLogprob } from './logprobs';
import { JobLimits } from './limits';
import { Name, Priority, Tags } from './name';
import { Sampling } from './sampling';
import { Usage } from './usage';
import { WebhookRequest } from './webhook';

/**
 * waiting -> placed -> thinking -> answering -> completed | failed | cancelled | expired.
 * `delayed` waits for its time, `paused` for an order. `retrying` is a job whose worker was lost: it waits again and goes
 * on from its checkpoint. `expired`: its deadline passed before it was done.
 */
export const JOB_STATES = [
  'delayed',
  'paused',
  'waiting',
  'placed',
  'thinking',
  'answering',
  'retrying',
  'completed',
  'failed',
  'cancelled',
  'expired',
] as const;
export const JobState = z.enum(JOB_STATES);
export type JobState = z.infer<typeof JobState>;

export const TERMINAL_STATES = [
  'completed',
  'failed',
  'cancelled',
  'expired',
] as const satisfies readonly JobState[];
export type TerminalState = (typeof TERMINAL_STATES)[number];
export const isTerminal = (state: JobState): boolean =>
  (TERMINAL_STATES as readonly JobState[]).includes(state);

export const Message = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string().min(1),
});
export type Message = z.infer<typeof Message>;

export const MAX_PROMPT_BYTES = 2 * 1024 * 1024;
/** No job is put off, and none tried again, later than this. */
export const MAX_DELAY_MS = 30 * 24 * 3_600_000;

/** A moment: ISO 8601 with its offset, or Unix milliseconds. Read as Unix milliseconds. */
export const Moment = z.union([
  z.int().min(0).max(8_640_000_000_000_000),
  z.iso
    .datetime({ offset: true, error: 'expected ISO 8601 with an offset, e.g. 2030-01-31T08:00:00Z' })
    .transform((text) => Date.parse(text)),
]);

/** The body of `POST /v1/jobs` and one line of a batch. */
export const JobRequest = z
  .strictObject({
    /** The client's own id of a batch line; comes back with the job. */
    custom_id: z.string().min(1).max(256).optional(),
    model: Name.optional().describe('Left out: the only, or first, model of the pool.'),
    /** One user message. Either this or `messages`. */
    prompt: z.string().min(1, 'the prompt is empty').optional(),
    messages: z.array(Message).min(1).max(1000).optional(),
    task: Name.optional().describe('Groups jobs of one kind for prediction and reports.'),
    tenant: Name.default('default'),
    priority: Priority.default(0).describe('Smaller is sooner; 0 is the default.'),
    tags: Tags.default([]),
    /** Not before so long after submit. Either this or `not_before`. */
    delay_ms: z.int().min(0).max(MAX_DELAY_MS).optional(),
    not_before: Moment.optional(),
    /** The job ends as `expired` when it is not done by then, also while it runs. */
    deadline: Moment.optional(),
    /** Times it is tried again after a failure that may pass. */
    retries: z.int().min(0).max(20).default(0),
    /** Before the first of them; it doubles with each. */
    retry_backoff_ms: z.int().min(0).max(3_600_000).default(1_000),
    /** A job of the tenant with the same key that has not ended is answered instead of a second one made. */
    dedupe_key: z.string().min(1).max(256).optional(),
    webhook: WebhookRequest.optional(),
    limits: JobLimits.default({}),
    sampling: Sampling.prefault({}),
    metadata: z.record(z.string().max(64), z.string().max(1024)).default({}),
  })
  .refine((job) => (job.prompt === undefined) !== (job.messages === undefined), {
    message: 'give either prompt or messages',
    path: ['prompt'],
  })
  .refine((job) => job.delay_ms === undefined || job.not_before === undefined, {
    message: 'give either delay_ms or not_before',
    path: ['delay_ms'],
  });
export type JobRequest = z.infer<typeof JobRequest>;
export type JobRequestInput = z.input<typeof JobRequest>;

export const FinishReason = z.enum(['stop', 'max_tokens', 'max_thoughts', 'cancelled']);
export type FinishReason = z.infer<typeof FinishReason>;

export const JobResult = z.object({
  answer: z.string(),
  /** Everything that was sampled, without control tokens. */
  text: z.string(),
  thoughts: z.array(z.string()),
  finish_reason: FinishReason,
  /** Of the answer's tokens, where the job asked for them. */
  logprobs: z.array(AnswerLogprob).optional(),
});
export type JobResult = z.infer<typeof JobResult>;

export const JobFailure = z.object({ code: z.string(), message: z.string() });
export type JobFailure = z.infer<typeof JobFailure>;

/** How a job's session ran, in sampled tokens. What a trace of it is made of. */
export const JobCourse = z.object({
  /** Of every thought that was closed, splitter included. */
  thought_tokens: z.array(z.int()),
  /** After the last of them, end token included. */
  tail_tokens: z.int(),
});
export type JobCourse = z.infer<typeof JobCourse>;

/** What `GET /v1/jobs/:id` answers. Times are Unix milliseconds. */
export const JobView = z.object({
  id: z.string(),
  object: z.literal('job'),
  custom_id: z.string().optional(),
  batch: z.string().optional(),
  state: JobState,
  model: z.string(),
  task: z.string().optional(),
  tenant: z.string(),
  priority: z.int(),
  tags: z.array(z.string()),
  metadata: z.record(z.string(), z.string()),
  /** Under which the job runs: the request's, and the model's defaults for what it left out. */
  limits: z.object({ max_tokens: z.int(), max_thoughts: z.int(), max_thought_tokens: z.int() }),
  created_at_ms: z.int(),
  not_before_ms: z.int().optional(),
  deadline_ms: z.int().optional(),
  /** Times it may be tried again, and times it has failed and was. */
  retries: z.int(),
  failed_attempts: z.int(),
  dedupe_key: z.string().optional(),
  webhook: WebhookRequest.optional(),
  placed_at_ms: z.int().optional(),
  finished_at_ms: z.int().optional(),
  card: z.string().optional(),
  prompt_tokens: z.int().optional(),
  predicted_peak_cells: z.int().optional(),
  thoughts: z.int().optional(),
  result: JobResult.optional(),
  /** Its result was kept for as long as the pool keeps results, and is gone. */
  result_deleted: z.literal(true).optional(),
  error: JobFailure.optional(),
  usage: Usage.optional(),
  course: JobCourse.optional(),
});
export type JobView = z.infer<typeof JobView>;

export const JobPage = z.object({
  object: z.literal('list'),
  data: z.array(JobView),
  next_cursor: z.string().nullable(),
});
export type JobPage = z.infer<typeof JobPage>;

/** What `DELETE /v1/jobs/:id` did. `cancelling`: the job runs, and stops within a step of its worker. */
export const CancelReceipt = z.object({
  object: z.literal('job.cancel'),
  id: z.string(),
  outcome: z.enum(['cancelled', 'cancelling', 'already_ended']),
  state: JobState,
});
export type CancelReceipt = z.infer<typeof CancelReceipt>;

/** Query of `GET /v1/jobs`. */
export const JobFilter = z.strictObject({
  state: JobState.optional(),
  model: Name.optional(),
  task: Name.optional(),
  tenant: Name.optional(),
  tag: Name.optional(),
  batch: z.string().max(64).optional(),
  /** Text in the id, custom_id, prompt or metadata, in any case. */
  search: z.string().trim().min(1).max(200).optional(),
  /** These jobs and no others, as they are now. */
  ids: z
    .string()
    .regex(
      /^[A-Za-z0-9_-]{1,64}(,[A-Za-z0-9_-]{1,64}){0,199}$/,
      'expected up to 200 ids of jobs, with commas between',
    )
    .optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(128).optional(),
  /** Left out of lists unless it is asked for: it may be long. */
  include: z.enum(['course']).optional(),
});
export type JobFilter = z.infer<typeof JobFilter>;

/** What `GET /v1/jobs/counts` answers: jobs in each state, of those that the query leaves. */
export const JobCounts = z.object({
  object: z.literal('job.counts'),
  states: z.record(JobState, z.int()),
  /** Of the whole pool. */
  oldest_waiting: z.object({ id: z.string(), created_at_ms: z.int() }).nullable(),
});
export type JobCounts = z.infer<typeof JobCounts>;

/** What `GET /v1/jobs/:id/request` answers: the job as it was asked for, with what it left out filled in. */
export const StoredRequest = z.object({
  custom_id: z.string().optional(),
  model: z.string(),
  messages: z.array(Message),
  task: z.string().optional(),
  tenant: z.string(),
  priority: z.int(),
  limits: z.object({ max_tokens: z.int(), max_thoughts: z.int(), max_thought_tokens: z.int() }),
  sampling: Sampling,
  tags: z.array(z.string()),
  metadata: z.record(z.string(), z.string()),
});
export type StoredRequest = z.infer<typeof StoredRequest>;
