import { z } from 'zod';

export const WEBHOOK_EVENTS = ['completed', 'failed', 'cancelled', 'expired'] as const;
export const WebhookEvent = z.enum(WEBHOOK_EVENTS);
export type WebhookEvent = z.infer<typeof WebhookEvent>;

/** Who is told when a job or a batch has ended. Left out, `events` is all of them. */
export const WebhookRequest = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'expected http:// or https://' }).max(2048),
  events: z.array(WebhookEvent).min(1).max(WEBHOOK_EVENTS.length).optional(),
});
export type WebhookRequest = z.infer<typeof WebhookRequest>;

/** What is sent: the job or batch as its address would answer, without its result. */
export const WebhookMessage = z.object({
  type: z.string().regex(/^(job|batch)\.(completed|failed|cancelled|expired)$/),
  /** ISO 8601, when it ended. */
  timestamp: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
});
export type WebhookMessage = z.infer<typeof WebhookMessage>;

/** One try to deliver a message. */
export const WebhookDelivery = z.object({
  /** The same for all tries of a message: header `webhook-id`. */
  id: z.string(),
  type: z.string(),
  url: z.string(),
  attempt: z.int(),
  at_ms: z.int(),
  outcome: z.enum(['delivered', 'failed', 'gave_up']),
  /** Null: there was no answer. */
  status: z.int().nullable(),
  error: z.string().nullable(),
});
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

/** What `GET /v1/jobs/:id/deliveries` and `GET /v1/batches/:id/deliveries` answer, oldest first. */
export const DeliveryPage = z.object({ object: z.literal('list'), data: z.array(WebhookDelivery) });
export type DeliveryPage = z.infer<typeof DeliveryPage>;
