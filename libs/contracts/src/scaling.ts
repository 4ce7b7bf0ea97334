import { z } from 'zod';

/** How many cards one model's backlog is worth. */
export const ModelScaling = z.object({
  model: z.string(),
  desired_cards: z.int(),
  /** That report themselves, those that take no jobs among them. */
  present_cards: z.int(),
  waiting_jobs: z.int(),
  running_jobs: z.int(),
  /** Of one card; null: none of the model was ever seen. */
  card_cells: z.int().nullable(),
  /** That waiting and running jobs would take if all had a place now; those on cordoned cards are left out. */
  demanded_cells: z.int(),
  /** Of the waiting jobs: cells they take, times the seconds for which. */
  backlog_cell_seconds: z.number(),
  reason: z.string(),
});
export type ModelScaling = z.infer<typeof ModelScaling>;

/** What `GET /scaling` answers; with `?model=` it answers one entry of `models`. */
export const ScalingView = z.object({
  object: z.literal('scaling'),
  drain_ms: z.int(),
  min_cards: z.int(),
  max_cards: z.int(),
  models: z.record(z.string(), ModelScaling),
});
export type ScalingView = z.infer<typeof ScalingView>;
