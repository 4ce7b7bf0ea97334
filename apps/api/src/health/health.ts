import { z } from 'zod';

/** What `GET /readyz` answers: `missing` names each thing that keeps the api from serving. */
export const Readiness = z.object({
  ready: z.boolean(),
  missing: z.array(z.string()),
});
export type Readiness = z.infer<typeof Readiness>;

/** What `GET /healthz` answers. */
export const Liveness = z.object({ ok: z.literal(true), uptime_s: z.number() });
export type Liveness = z.infer<typeof Liveness>;
