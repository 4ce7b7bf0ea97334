import {
  Backlog,
  FairShare,
  fresh,
  newcomer,
  Outlook,
  Pool,
  PoolIndex,
  PoolRound,
  type BacklogJob,
  type Forecast,
  type JobFeatures,
  type Predictor,
} from '@gistpool/core';
import { seededRandom } from '../puzzles/seeded';
import { featuresOf, learntFrom, paperTrace } from '@gistpool/sim';

export interface ScaleRow {
  readonly cards: number;
  readonly waiting: number;
  readonly pools: number;
  readonly decisions: number;
  readonly median_us: number;
  readonly p99_us: number;
  /** Of one job into the backlog. */
  readonly push_us: number;
}

const POOLS_PER_CARD = 7;
const POOL = { cells: 15_872, sessions: 36 } as const;
const Z = 2.75;
const TENANTS = 20;

interface Member {
  readonly forecast: Forecast;
  readonly standing: ReturnType<typeof fresh>;
}

interface Job extends BacklogJob {
  readonly features: JobFeatures;
}

/**
 * A fleet that is full, and a backlog. One decision: a session ends, its pool is looked at anew, the backlog is asked for
 * the job that comes next and the pool where it fits best, and that job is put there. Core's own code, no queue, no Redis.
 */
export function benchScale(cards: number, waiting: number, decisions: number): ScaleRow {
  const trace = paperTrace('bbh', { jobs: 200, seed: 1, model: 'qwen2.5-7b' });
  const predictor = learntFrom(trace, 0.01);
  const random = seededRandom(2);
  const share = new FairShare();
  const backlog = new Backlog<Job>(share, 600_000);
  const [example] = trace.jobs;
  if (!example) throw new Error('no jobs');
  const features = (promptTokens: number) => featuresOf(trace, { ...example, promptTokens });
  const begun = performance.now();
  for (let at = 0; at < waiting; at += 1) {
    const of = features(150 + Math.floor(random() * 101));
    backlog.push(
      {
        jobId: String(at),
        tenant: `tenant-${at % TENANTS}`,
        priority: at % 3,
        createdAtMs: at,
        cells: predictor.predictedPeakCells(of),
        features: of,
      },
      at,
    );
  }
  const pushUs = (1000 * (performance.now() - begun)) / waiting;
  const index = new PoolIndex<Pool<Member>>();
  const pools = Array.from({ length: cards * POOLS_PER_CARD }, (_, at) =>
    filled(String(at), predictor, features(200), random),
  );
  for (const pool of pools) index.update(pool);
  const reserved = new Map<string, Pool<Member>>();
  const us: number[] = [];
  for (let decision = 0; decision < decisions; decision += 1) {
    const pool = pools[Math.floor(random() * pools.length)];
    const leaving = pool?.members[Math.floor(random() * pool.members.length)];
    const start = performance.now();
    if (pool && leaving) {
      pool.remove(leaving);
      index.update(pool);
    }
    decide(backlog, index, reserved, predictor, share, waiting + decision);
    us.push(1000 * (performance.now() - start));
  }
  us.sort((a, b) => a - b);
  const quantile = (part: number) => us[Math.floor(part * (us.length - 1))] ?? 0;
  return {
    cards,
    waiting,
    pools: pools.length,
    decisions,
    median_us: quantile(0.5),
    p99_us: quantile(0.99),
    push_us: pushUs,
  };
}

function decide(
  backlog: Backlog<Job>,
  index: PoolIndex<Pool<Member>>,
  reserved: Map<string, Pool<Member>>,
  predictor: Predictor,
  share: FairShare,
  nowMs: number,
): void {
  const round = new PoolRound(backlog, index, reserved, {
    newcomerOf: (job) => {
      const outlook = new Outlook();
      predictor.forecast(job.features).addTo(outlook, fresh(job.features.promptTokens));
      return newcomer(predictor.predictedPeakCells(job.features), outlook, Z);
    },
    longRunSteps: (job) => predictor.known(job.features).profile.stepsQuantile(0.05),
    reservations: 8,
  });
  const placed = round.next(nowMs);
  if (!placed) return;
  const { job, pool } = placed;
  pool.add({ forecast: predictor.forecast(job.features), standing: fresh(job.features.promptTokens) });
  index.update(pool);
  share.charge(job.tenant, job.cells);
  backlog.charged(job.tenant);
}

/** Sessions at random places of their lives, until no more fit. */
function filled(id: string, predictor: Predictor, features: JobFeatures, random: () => number): Pool<Member> {
  const pool = new Pool<Member>(id, POOL, Z);
  const forecast = predictor.forecast(features);
  for (;;) {
    const thoughts = Math.floor(random() * 60);
    const standing = {
      ...fresh(features.promptTokens),
      floorCells: features.promptTokens + 10 * thoughts,
      thoughts,
      sampledTokens: 73 * thoughts,
      thoughtCells: Math.floor(random() * 100),
    };
    const outlook = new Outlook();
    forecast.addTo(outlook, standing);
    if (!pool.canAdmit(newcomer(0, outlook, Z))) return pool;
    pool.add({ forecast, standing });
  }
}
