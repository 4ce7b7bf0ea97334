import { z } from 'zod';

const limits = z.object({ max_tokens: z.int(), max_thoughts: z.int(), max_thought_tokens: z.int() });

const Coverage = z.object({
  /** Sessions of which a peak was predicted, and those that held more. */
  promises: z.number(),
  missed: z.number(),
  /** By which predictions are widened at present, so that misses stay at eps. */
  factor: z.number(),
});

/** Jobs that are alike, by their own sessions alone. Recent sessions count more, so counts need not be whole. */
export const PredictionGroup = z.object({
  model: z.string(),
  policy: z.string(),
  task: z.string().optional(),
  /** The middle of the group, which goes by powers of two. */
  prompt_tokens: z.int(),
  limits,
  ended_sessions: z.number(),
  coverage: Coverage,
  /** Cells held at the peaks of ended sessions, by those promised: 1 = none set aside in vain. */
  sharpness: z.number().nullable(),
});
export type PredictionGroup = z.infer<typeof PredictionGroup>;

/** What `GET /v1/predictions` answers. */
export const PredictionsView = z.object({
  /** Of the document in which the scheduler publishes. */
  version: z.int(),
  /** At most this share of jobs is to hold more than was predicted. */
  eps: z.number(),
  /** Null: no scheduler has published yet. */
  published_at_ms: z.int().nullable(),
  /** Deviations of the sum of all trajectories that the pools of a model keep free, steered by how many jobs overflow. */
  margins: z.array(z.object({ model: z.string(), deviations: z.number() })),
  groups: z.array(PredictionGroup),
});
export type PredictionsView = z.infer<typeof PredictionsView>;

/** What `POST /v1/predictions/explain` answers: what a job would be predicted now, and why. Cells include the prompt. */
export const PredictionExplanation = z.object({
  model: z.string(),
  task: z.string().optional(),
  prompt_tokens: z.int(),
  limits,
  eps: z.number(),
  predicted_peak_cells: z.int(),
  typical_peak_cells: z.int(),
  upper_bound_cells: z.int(),
  because: z.string(),
  /** From the general to the particular; each borrows from the one before as long as it has seen few sessions. */
  groups: z.array(
    z.object({ name: z.string(), ended_sessions: z.number(), predicted_peak_cells: z.int().nullable() }),
  ),
  borrowed: z.object({ from: z.string(), share: z.number() }).nullable(),
  coverage: Coverage,
  thoughts: z.object({ mean: z.number(), mean_tokens: z.number() }),
  run: z.object({
    mean_tokens: z.number(),
    ms_per_token: z.number().nullable(),
    typical_ms: z.int().nullable(),
    long_ms: z.int().nullable(),
  }),
});
export type PredictionExplanation = z.infer<typeof PredictionExplanation>;
