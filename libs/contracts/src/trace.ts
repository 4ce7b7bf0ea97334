import { z } from 'zod';
import { ADMISSIONS } from './fleet';

const Limits = z.strictObject({
  max_tokens: z.int().min(1),
  max_thoughts: z.int().min(1),
  max_thought_tokens: z.int().min(2),
});

const ms = z.number().min(0);

/** What a decode step of the recorded pool took, fitted to how long its jobs ran (docs/simulator.md). */
export const TraceStepTime = z.strictObject({
  pass_ms: ms,
  session_ms: ms,
  cell_ms: ms,
  /** Per prompt token. */
  prefill_ms: ms,
  /** Root mean square of what is left unexplained, as a share of a job's mean run. */
  error: z.number().min(0),
});
export type TraceStepTime = z.infer<typeof TraceStepTime>;

/** So many equal lanes of one card: slots of so many cells each, or, shared, so many cells for all of a lane's slots. */
export const TraceLanes = z.strictObject({
  lanes: z.int().min(1),
  slots: z.int().min(1),
  cells: z.int().min(1),
  shared: z.boolean(),
});
export type TraceLanes = z.infer<typeof TraceLanes>;

/** The pool on which a trace was recorded. */
export const TracePool = z.strictObject({
  cards: z.array(z.strictObject({ card: z.string().min(1), lanes: z.array(TraceLanes).min(1) })).min(1),
  /** Of each card. */
  kv_budget_bytes: z.int().min(1),
  admission: z.enum(ADMISSIONS),
  eps: z.number().gt(0).lt(1),
  step_time: TraceStepTime,
  /** From the end of a session until the next one begins in its place. */
  hand_over_ms: ms,
});
export type TracePool = z.infer<typeof TracePool>;

/** First line of a trace: what all its jobs have in common. */
export const TraceHeader = z.strictObject({
  gistpool_trace: z.literal(1),
  name: z.string().min(1).max(64),
  model: z.string().min(1).max(64),
  /** `vanilla` compresses nothing: its jobs have no thoughts. */
  policy: z.enum(['lightthinker', 'vanilla']).default('lightthinker'),
  /** Token level: a thought ends after so many sampled tokens. */
  every_tokens: z.int().min(1).optional(),
  /** Of one token position: layers x 2 x kv heads x head size x bytes per element. */
  kv_bytes_per_cell: z.int().min(1),
  /** n: a compression leaves n gists and one continue. */
  gist_count: z.int().min(0).max(1000),
  limits: Limits,
  /** Left out: the trace was not recorded. */
  pool: TracePool.optional(),
});
export type TraceHeader = z.infer<typeof TraceHeader>;

/** What really happened to a job. Times count from the trace's begin. */
export const TraceMeasured = z.strictObject({
  /** When its session began to be decoded, had it run without a break. */
  started_ms: ms,
  ended_ms: ms,
  peak_cells: z.int().min(1),
  card: z.string().min(1),
  /** Times it was taken up again from a checkpoint. */
  resumes: z.int().min(0),
  /** Times it left its slot for want of cells. */
  overflows: z.int().min(0),
});
export type TraceMeasured = z.infer<typeof TraceMeasured>;

/** Every further line: one job as it came and as it ran. Times count from the trace's begin. */
export const TraceJob = z.strictObject({
  arrival_ms: ms,
  prompt_tokens: z.int().min(1),
  /** Sampled tokens of every thought, splitter included. */
  thought_tokens: z.array(z.int().min(1)),
  /** Sampled tokens after the last compression, end token included. */
  answer_tokens: z.int().min(0),
  tenant: z.string().min(1).max(64).default('default'),
  priority: z.int().min(0).max(1_000_000).default(0),
  task: z.string().max(64).default(''),
  /** Where they are not the header's. */
  limits: Limits.optional(),
  /** Its user ended it here; how far it would have come is not known. */
  cancelled: z.literal(true).optional(),
  measured: TraceMeasured.optional(),
});
export type TraceJob = z.infer<typeof TraceJob>;
