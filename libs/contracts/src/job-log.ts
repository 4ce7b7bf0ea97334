import { z } from 'zod';

/**
 * What can happen to a job. `due`: its delay is over. `resumed`: a worker goes on from its checkpoint, where `started` is
 * from the beginning. `put_off`: it failed and is tried again. `unpaused` and `retried`: by order.
 */
export const LOG_KINDS = [
  'submitted',
  'due',
  'placed',
  'started',
  'resumed',
  'checkpoint',
  'moved',
  'parked',
  'answering',
  'handed_back',
  'lost',
  'put_off',
  'paused',
  'unpaused',
  'retried',
  'ended',
] as const;
export const LogKind = z.enum(LOG_KINDS);
export type LogKind = z.infer<typeof LogKind>;

export const LogEntry = z.object({
  at_ms: z.int(),
  kind: LogKind,
  card: z.string().nullable(),
  /** Thoughts of a checkpoint, lane and cells of a place, the state in which it ended. */
  detail: z.string().nullable(),
});
export type LogEntry = z.infer<typeof LogEntry>;

/** What `GET /v1/jobs/:id/log` answers, oldest first. Of more than it keeps the oldest are dropped, and counted. */
export const JobLog = z.object({
  object: z.literal('job.log'),
  id: z.string(),
  data: z.array(LogEntry),
  dropped: z.int(),
});
export type JobLog = z.infer<typeof JobLog>;
