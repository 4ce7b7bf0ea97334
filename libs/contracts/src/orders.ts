import { z } from 'zod';
import { JobState } from './job';
import { Name, Priority } from './name';

/** What `POST /v1/jobs/:id/pause`, `/resume` and `/retry` did. `pausing`: it runs, and is handed back in a moment. */
export const OrderReceipt = z.object({
  object: z.literal('job.order'),
  id: z.string(),
  outcome: z.enum(['paused', 'pausing', 'resumed', 'retried', 'unchanged']),
  state: JobState,
});
export type OrderReceipt = z.infer<typeof OrderReceipt>;

/** The body of `POST /v1/queues/pause` and `/resume`. Without a tenant all queues of the model are meant. */
export const QueueOrder = z.strictObject({ model: Name, tenant: Name.optional() });
export type QueueOrder = z.infer<typeof QueueOrder>;

/** What `GET /v1/queues` answers: queues with waiting jobs, and those that are paused. */
export const QueuePage = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      model: z.string(),
      /** Null: all tenants of the model, by one order. */
      tenant: z.string().nullable(),
      waiting: z.int(),
      paused: z.boolean(),
    }),
  ),
});
export type QueuePage = z.infer<typeof QueuePage>;

const age = z.int().min(0);

/** Which jobs a bulk order is about. All that is named must hold; at least one thing must be named. */
export const BulkFilter = z
  .strictObject({
    ids: z
      .array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/))
      .min(1)
      .max(1000)
      .optional(),
    state: z.union([JobState, z.array(JobState).min(1)]).optional(),
    model: Name.optional(),
    task: Name.optional(),
    tenant: Name.optional(),
    tag: Name.optional(),
    batch: z.string().min(1).max(64).optional(),
    /** Text in the id, custom_id, prompt or metadata, in any case. */
    search: z.string().trim().min(1).max(200).optional(),
    /** Submitted at least, and at most, so long ago. */
    older_than_ms: age.optional(),
    younger_than_ms: age.optional(),
  })
  .refine((filter) => Object.values(filter).some((value) => value !== undefined), {
    message: 'name at least one thing, e.g. {"state": "waiting"}',
  })
  .meta({ minProperties: 1 });
export type BulkFilter = z.infer<typeof BulkFilter>;

export const BULK_ACTIONS = ['cancel', 'retry', 'reprioritize'] as const;
export const BulkAction = z.enum(BULK_ACTIONS);
export type BulkAction = z.infer<typeof BulkAction>;

/** The body of `POST /v1/jobs/cancel` and `/retry`. */
export const BulkRequest = z.strictObject({ filter: BulkFilter, dry_run: z.boolean().default(false) });
export type BulkRequest = z.infer<typeof BulkRequest>;

/** The body of `POST /v1/jobs/reprioritize`. */
export const ReprioritizeRequest = BulkRequest.extend({ priority: Priority });
export type ReprioritizeRequest = z.infer<typeof ReprioritizeRequest>;

/** How far a bulk order has come. */
export const BulkReceipt = z.object({
  object: z.literal('job.bulk'),
  /** Null: a dry run is not kept. */
  id: z.string().nullable(),
  action: BulkAction,
  dry_run: z.boolean(),
  status: z.enum(['running', 'done']),
  /** Jobs that were looked at and that the filter leaves; of these, those that were changed and those that could not be. */
  matched: z.int(),
  changed: z.int(),
  skipped: z.int(),
  /** Of the matched. */
  states: z.partialRecord(JobState, z.int()),
});
export type BulkReceipt = z.infer<typeof BulkReceipt>;
