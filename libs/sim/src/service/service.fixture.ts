import type { TracePool } from '@gistpool/contracts';
import fc from 'fast-check';
import type { SimJob, Trace } from '../sim-job';

export const STEP_TIME = { pass_ms: 4, session_ms: 0.5, cell_ms: 0.002, prefill_ms: 0.1, error: 0 };

export const poolOf = (
  lanes: TracePool['cards'][number]['lanes'],
  change: Partial<TracePool> = {},
): TracePool => ({
  cards: [{ card: 'card-0', lanes }],
  kv_budget_bytes: 1_000_000,
  admission: 'bound',
  eps: 0.01,
  step_time: STEP_TIME,
  hand_over_ms: 20,
  ...change,
});

export const LIMITS = { maxTokens: 300, maxThoughts: 10, maxThoughtTokens: 40 };
const GISTS = 2;

export function traceOn(pool: TracePool, jobs: readonly Partial<SimJob>[]): Trace {
  return {
    name: 'made',
    model: 'm',
    kvBytesPerCell: 1024,
    gistCount: GISTS,
    limits: LIMITS,
    pool,
    jobs: jobs.map((job, at) => ({
      jobId: String(at),
      tenant: 'default',
      priority: 0,
      task: '',
      createdAtMs: 0,
      promptTokens: 20,
      course: () => ({ thoughtTokens: [10, 20], tailTokens: 5 }),
      ...job,
    })),
  };
}

/** Jobs within LIMITS, in order of arrival. */
export const someJobs = (most = 40): fc.Arbitrary<Partial<SimJob>[]> =>
  fc
    .array(
      fc.record({
        createdAtMs: fc.integer({ min: 0, max: 5_000 }),
        promptTokens: fc.integer({ min: 1, max: 60 }),
        tenant: fc.constantFrom('a', 'b'),
        priority: fc.integer({ min: 0, max: 1 }),
        course: fc
          .record({
            thoughtTokens: fc.array(fc.integer({ min: 1, max: 28 }), { maxLength: 10 }),
            tailTokens: fc.integer({ min: 1, max: 20 }),
          })
          .map((course) => () => course),
      }),
      { minLength: 1, maxLength: most },
    )
    .map((jobs) => jobs.sort((a, b) => a.createdAtMs - b.createdAtMs));
