import { z } from 'zod';
import { JobState } from './job';

export const WAIT_REASONS = [
  'no_scheduler',
  'paused',
  'no_card',
  'no_card_takes_jobs',
  'too_wide',
  'no_free_slot',
  'behind_others',
  'next_round',
] as const;

/** Where a job that waits stands, and why it is not placed yet. */
export const JobWait = z.object({
  /** In the queue of its tenant, from 1; null while it is being moved. */
  position: z.int().nullable(),
  /** Jobs of its model that wait, of all tenants, this one too. */
  waiting: z.int(),
  reason: z.enum(WAIT_REASONS),
  text: z.string(),
  /** Roughly, until it is placed; null where nothing is known to tell it by. */
  eta_ms: z.int().nullable(),
});
export type JobWait = z.infer<typeof JobWait>;

/** What `GET /v1/jobs/:id/placement` answers: at work `place`, waiting `wait`, ended neither. */
export const PlacementView = z.object({
  object: z.literal('job.placement'),
  id: z.string(),
  state: JobState,
  model: z.string(),
  tenant: z.string(),
  /** Predicted when it was first placed; before, the most it can ever hold. */
  predicted_cells: z.int(),
  /** More it never holds, whatever it samples. */
  bound_cells: z.int(),
  attempts: z.object({ crashes: z.int(), resumes: z.int() }),
  place: z
    .object({ card: z.string(), lane: z.int(), reserved_cells: z.int(), placed_at_ms: z.int() })
    .nullable(),
  wait: JobWait.nullable(),
});
export type PlacementView = z.infer<typeof PlacementView>;
