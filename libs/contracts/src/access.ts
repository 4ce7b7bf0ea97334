import { z } from 'zod';

/** What a key may do: `submit` jobs, batches and files and cancel them; `read` what its tenant has; `admin`: all, for any tenant. */
export const SCOPES = ['submit', 'read', 'admin'] as const;
export const Scope = z.enum(SCOPES);
export type Scope = z.infer<typeof Scope>;

/** As long as nobody says otherwise, jobs belong to this one. */
export const DEFAULT_TENANT = 'default';

export const TenantName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dot, dash and underscore only');

/** Shown in lists and in the audit log; one line of printable text. */
const Label = z
  .string()
  .max(120)
  // eslint-disable-next-line no-control-regex -- written out, for readers of the OpenAPI document that know no \p{Cc}
  .regex(/^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$/, 'no line breaks or other control characters');

const LONGEST_LIFE_S = 10 * 365 * 86_400;
const Scopes = z
  .array(Scope)
  .min(1, 'name at least one')
  .max(SCOPES.length)
  .refine((scopes) => new Set(scopes).size === scopes.length, 'each scope once')
  .meta({ uniqueItems: true });

/** The body of `POST /v1/keys`. */
export const KeyRequest = z.strictObject({
  name: Label.default(''),
  tenant: TenantName.default(DEFAULT_TENANT),
  scopes: Scopes.default(['submit', 'read']),
  /** Seconds from now; left out, it does not expire. */
  expires_in_s: z.int().min(1).max(LONGEST_LIFE_S).optional(),
});
export type KeyRequest = z.infer<typeof KeyRequest>;

/** The body of `POST /v1/keys/:id/rotate`. */
export const RotateRequest = z.strictObject({
  /** The old key goes on for so long, so that its users can change over. */
  grace_s: z
    .int()
    .min(0)
    .max(30 * 86_400)
    .default(0),
});
export type RotateRequest = z.infer<typeof RotateRequest>;

/** A key, as everybody but its owner may see it. Times are Unix milliseconds. */
export const KeyView = z.object({
  object: z.literal('key'),
  /** Begins the key itself: what is shown of it. */
  id: z.string(),
  name: z.string(),
  tenant: z.string(),
  scopes: z.array(Scope),
  state: z.enum(['active', 'expired', 'revoked']),
  created_at_ms: z.int(),
  expires_at_ms: z.int().nullable(),
  revoked_at_ms: z.int().nullable(),
  /** To the minute. */
  last_used_at_ms: z.int().nullable(),
  /** The key that took its place. */
  replaced_by: z.string().nullable(),
});
export type KeyView = z.infer<typeof KeyView>;

/** Told once, when the key is made: the secret is stored nowhere. */
export const KeyIssued = KeyView.extend({ secret: z.string() });
export type KeyIssued = z.infer<typeof KeyIssued>;

export const KeyPage = z.object({ object: z.literal('list'), data: z.array(KeyView) });
export type KeyPage = z.infer<typeof KeyPage>;

/** Query of `GET /v1/keys`. */
export const KeyFilter = z.strictObject({ tenant: TenantName.optional() });

const limit = z.int().min(1).max(Number.MAX_SAFE_INTEGER).nullable();

/** What a tenant may do; null: no limit. Days are UTC days. */
export const Quotas = z.strictObject({
  /** Requests that ask for work; a bucket of so many that fills again in a minute. */
  requests_per_minute: z.int().min(1).max(1_000_000).nullable(),
  /** Read and sampled tokens of jobs that ended on the day. */
  tokens_per_day: limit,
  /** KV memory times the time it was held, of jobs that ended on the day. */
  kv_byte_seconds_per_day: limit,
});
export type Quotas = z.infer<typeof Quotas>;

export const NO_QUOTAS: Quotas = {
  requests_per_minute: null,
  tokens_per_day: null,
  kv_byte_seconds_per_day: null,
};

/** The body of `POST /v1/tenants`. */
export const TenantRequest = z.strictObject({ name: TenantName, quotas: Quotas.partial().default({}) });
export type TenantRequest = z.infer<typeof TenantRequest>;

/** The body of `PATCH /v1/tenants/:name`: what is left out stays as it is. */
export const TenantChange = z.strictObject({ quotas: Quotas.partial() });
export type TenantChange = z.infer<typeof TenantChange>;

/** Of jobs that ended within the time. */
export const TenantUsage = z.object({ jobs: z.int(), tokens: z.int(), kv_byte_seconds: z.int() });
export type TenantUsage = z.infer<typeof TenantUsage>;

export const TenantView = z.object({
  object: z.literal('tenant'),
  name: z.string(),
  /** Null: it was never set up, but has jobs. */
  created_at_ms: z.int().nullable(),
  quotas: Quotas,
  usage: z.object({ today: TenantUsage, last_30_days: TenantUsage }),
});
export type TenantView = z.infer<typeof TenantView>;

export const TenantPage = z.object({ object: z.literal('list'), data: z.array(TenantView) });
export type TenantPage = z.infer<typeof TenantPage>;

/** The body of `POST /v1/session`. */
export const LoginRequest = z.strictObject({ key: z.string().min(1).max(512) });

/** What `GET /v1/session` answers: who asks, and what it may do. */
export const SessionView = z.object({
  object: z.literal('session'),
  /** `none`: a key is needed. `anonymous`: this pool, which only this machine reaches, asks for none. */
  by: z.enum(['none', 'anonymous', 'key', 'cookie']),
  key: z.string().nullable(),
  tenant: z.string().nullable(),
  scopes: z.array(Scope),
  expires_at_ms: z.int().nullable(),
  /** To be sent as `x-csrf-token` with whatever changes something under the cookie. */
  csrf_token: z.string().nullable(),
});
export type SessionView = z.infer<typeof SessionView>;

/** Who did what. */
export const AuditEntry = z.object({
  id: z.string(),
  at_ms: z.int(),
  /** Id of the key, or who asked without one of the stored ones. */
  key: z.string(),
  tenant: z.string().nullable(),
  /** Method and route, e.g. `POST /v1/keys/:id/rotate`. */
  action: z.string(),
  /** Id of what it was done to. */
  target: z.string().nullable(),
  outcome: z.enum(['done', 'refused', 'failed']),
  status: z.int(),
  address: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditPage = z.object({
  object: z.literal('list'),
  data: z.array(AuditEntry),
  next_cursor: z.string().nullable(),
});
export type AuditPage = z.infer<typeof AuditPage>;

/** Query of `GET /v1/audit`. */
export const AuditFilter = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z
    .string()
    // Before 0-0 Redis knows nothing, and says so with an error.
    .regex(/^(?!0+-0+$)\d{1,16}-\d{1,16}$/, 'is not a cursor; take next_cursor of the page before')
    .optional(),
});
export type AuditFilter = z.infer<typeof AuditFilter>;
