import { z } from 'zod';
import { LaneSpecs } from './lane-spec';

const seconds = (value: number) => value * 1000;
const flag = z.stringbool();

const Common = z.object({
  /** Everything that lasts on this machine: Redis files, results, pool.json. */
  GISTPOOL_DATA_DIR: z.string().min(1).default('.data'),
  GISTPOOL_REDIS_URL: z
    .string()
    .regex(
      /^((rediss?|unix):\/\/|redis\+sentinel:\/\/[^/]+\/[^/]+)/,
      'expected redis://, rediss://, unix:// or redis+sentinel://HOST:PORT,…/PRIMARY',
    )
    .default('redis://127.0.0.1:6379'),
  /** Where results and files lie: `s3://BUCKET[/PREFIX]`; left out, in the data directory. */
  GISTPOOL_BLOB_URL: z
    .string()
    .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9._/-]*)?$/, 'expected s3://BUCKET[/PREFIX]')
    .optional(),
  /** A server that speaks S3 and is not Amazon's, e.g. http://minio:9000. */
  GISTPOOL_S3_ENDPOINT: z.url({ protocol: /^https?$/, error: 'expected http:// or https://' }).optional(),
  /** Prefix of every key, so that several pools may share one Redis. */
  GISTPOOL_REDIS_PREFIX: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default('gistpool'),
  GISTPOOL_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  /** A worker that does not renew a job's lease for so long has lost it. */
  GISTPOOL_LEASE_MS: z.coerce.number().int().min(500).default(seconds(10)),
  /** The leading scheduler renews its lead each round; a standby takes it over after so long without. */
  GISTPOOL_LEAD_MS: z.coerce.number().int().min(500).default(seconds(3)),
  /** How often a card reports itself; it counts as gone after three times as long. */
  GISTPOOL_HEARTBEAT_MS: z.coerce.number().int().min(50).default(500),
  /** The events of a job that has ended can still be read for so long. */
  GISTPOOL_KEEP_EVENTS_MS: z.coerce.number().int().min(1000).default(seconds(900)),
});

/** Of the processes that are no servers. Left out: no port is opened. */
const Probes = {
  /** `/metrics`, `/livez` and `/readyz`; 0 = any free port. */
  GISTPOOL_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  GISTPOOL_METRICS_HOST: z.string().min(1).default('127.0.0.1'),
};

export const ApiConfig = Common.extend({
  GISTPOOL_HOST: z.string().min(1).default('127.0.0.1'),
  /** 0 = any free port. */
  GISTPOOL_PORT: z.coerce.number().int().min(0).max(65_535).default(7410),
  /** `GET /scaling` asks for as many cards of a model as end what waits within this time. */
  GISTPOOL_SCALING_DRAIN_MS: z.coerce.number().int().min(1000).default(seconds(600)),
  /** Of each model: `GET /scaling` asks for no fewer and no more. */
  GISTPOOL_SCALING_MIN_CARDS: z.coerce.number().int().min(0).default(0),
  GISTPOOL_SCALING_MAX_CARDS: z.coerce.number().int().min(1).default(64),
  /** So many lines of a batch's file wait or run at once; the others stay in the file until there is room in Redis. */
  GISTPOOL_BATCH_WINDOW: z.coerce.number().int().min(1).max(50_000).default(4_096),
  /** With which webhooks are signed: `whsec_` and base64, several with commas between. Left out: none are sent. */
  GISTPOOL_WEBHOOKS_SECRET: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((secret) => secret !== ''))
    .refine(
      (secrets) => secrets.every((secret) => /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(secret)),
      'expected whsec_ and 24 to 64 bytes as base64, e.g. of `openssl rand -base64 32`',
    )
    .optional(),
  /** Lets webhooks go to private, loopback and link-local addresses. */
  GISTPOOL_WEBHOOKS_PRIVATE: flag.default(false),
  GISTPOOL_WEBHOOKS_ATTEMPTS: z.coerce.number().int().min(1).max(50).default(8),
  /** Before the second attempt; it doubles with each. */
  GISTPOOL_WEBHOOKS_BACKOFF_MS: z.coerce.number().int().min(1).default(seconds(5)),
  /** Of ended jobs so many of each final state, and none older than this, keep their records; 0 days = any age. */
  GISTPOOL_KEEP_JOBS: z.coerce.number().int().min(0).default(100_000),
  GISTPOOL_KEEP_JOBS_DAYS: z.coerce.number().min(0).default(0),
  /** Results no older, and no more of them, the oldest going first; 0 = any. */
  GISTPOOL_KEEP_RESULTS_DAYS: z.coerce.number().min(0).default(0),
  GISTPOOL_KEEP_RESULTS_MIB: z.coerce.number().min(0).default(0),
  /** Between two looks for what is not to be kept any longer. */
  GISTPOOL_KEEP_LOOK_MS: z.coerce.number().int().min(100).default(seconds(60)),
  /** Between two passes over all blobs. */
  GISTPOOL_KEEP_SWEEP_MS: z.coerce.number().int().min(100).default(seconds(3600)),
  /** Requests need a key also where only this machine reaches the api; elsewhere they always do. */
  GISTPOOL_REQUIRE_KEY: flag.default(false),
  /** An admin's key as long as it is set here: to make the first key with. */
  GISTPOOL_BOOTSTRAP_KEY: z
    .string()
    .min(24, 'needs at least 24 characters')
    .regex(/^[\x21-\x7e]+$/, 'printable characters without spaces only')
    .optional(),
  /** Of whoever started this process; `up` makes a new one each time and keeps it in pool.json. */
  GISTPOOL_LOCAL_KEY: z.string().min(24).optional(),
  /** The built dashboard. Left out: where the build put it, beside the program. */
  GISTPOOL_DASHBOARD_DIR: z.string().min(1).optional(),
});
export type ApiConfig = z.infer<typeof ApiConfig>;

/** The promise under which peaks are predicted: at most this share of jobs may hold more. */
export const DEFAULT_EPS = 0.01;

/** What places are given by: peaks and courses predicted from jobs that ended, or the most that jobs can ever hold. */
const Admission = z.enum(['predicted', 'bound']).default('predicted');

export const SchedulerConfig = Common.extend({
  ...Probes,
  GISTPOOL_SCHEDULER_ID: z.string().min(1).optional(),
  GISTPOOL_ADMISSION: Admission,
  GISTPOOL_EPS: z.coerce.number().min(0.0001).max(0.5).default(DEFAULT_EPS),
  /** A job of low priority, of which no like was placed for half as long, is placed before all others. */
  GISTPOOL_AGEING_MS: z.coerce.number().int().min(1000).default(seconds(600)),
});
export type SchedulerConfig = z.infer<typeof SchedulerConfig>;

export const WorkerConfig = Common.extend({
  ...Probes,
  GISTPOOL_CARD: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .default('card-0'),
  GISTPOOL_MODEL_PATH: z.string().min(1),
  /** Name under which jobs ask for the model; left out, the file's name without `.gguf`. */
  GISTPOOL_MODEL_NAME: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
    .optional(),
  /** `auto` lets the engine find CUDA, Vulkan or Metal; `cpu` keeps off them. */
  GISTPOOL_DEVICE: z.enum(['auto', 'cpu', 'cuda', 'vulkan', 'metal']).default('auto'),
  GISTPOOL_THREADS: z.coerce.number().int().min(1).max(1024).default(1),
  /** KV memory of the card. Left out: on a GPU free memory less weights, compute buffer and reserve; on the CPU 64 MiB. */
  GISTPOOL_KV_BUDGET_MIB: z.coerce.number().positive().optional(),
  /** Left out: one lane of slots wide enough for a job with the default limits, as many as the budget holds. */
  GISTPOOL_LANES: LaneSpecs.optional(),
  /** As the scheduler's: lanes of GISTPOOL_LANES=auto are planned by what places are reserved by. */
  GISTPOOL_ADMISSION: Admission,
  /** So many sessions share the cells of each slot in GISTPOOL_LANES; more than 1 needs `gistpool engine build`. */
  GISTPOOL_POOL_SESSIONS: z.coerce.number().int().min(1).max(256).optional(),
  GISTPOOL_KV_TYPE: z.enum(['f32', 'f16', 'q8_0']).default('f16'),
  /** Left out: where sessions share pools (without it each attends to all of its pool) or may, and with a q8_0 cache. */
  GISTPOOL_FLASH_ATTENTION: flag.optional(),
  /** Prompt tokens that may be prefilled between two decode steps. */
  GISTPOOL_PREFILL_CHUNK: z.coerce.number().int().min(1).max(4096).default(128),
  /** Disk for the caches of sessions that wait for room; 0 hands them back instead. */
  GISTPOOL_PARK_MIB: z.coerce.number().min(0).default(256),
  /** Defaults for jobs that name no limits. */
  GISTPOOL_MAX_TOKENS: z.coerce.number().int().min(1).optional(),
  GISTPOOL_MAX_THOUGHTS: z.coerce.number().int().min(1).optional(),
  GISTPOOL_MAX_THOUGHT_TOKENS: z.coerce.number().int().min(2).optional(),
});
export type WorkerConfig = z.infer<typeof WorkerConfig>;

export type ConfigResult<T> = { ok: true; config: T } | { ok: false; problems: string[] };

/** Reads a part's settings from the environment; every wrong setting is named at once. */
export function parseConfig<S extends z.ZodType>(
  schema: S,
  env: NodeJS.ProcessEnv,
): ConfigResult<z.infer<S>> {
  const known = Object.fromEntries(
    Object.entries(env).filter(([key, value]) => key.startsWith('GISTPOOL_') && value !== ''),
  );
  const parsed = schema.safeParse(known);
  if (parsed.success) return { ok: true, config: parsed.data };
  const problems = parsed.error.issues.map((issue) => {
    const key = issue.path.join('.');
    const given = known[key];
    // A secret is not to be in a log, not even a wrong one.
    const isShown = given !== undefined && !/_(KEY|SECRET)$/.test(key);
    return `${key}${isShown ? `=${given}` : ''}: ${issue.message}`;
  });
  return { ok: false, problems };
}
