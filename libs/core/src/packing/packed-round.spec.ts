import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LaneOffer } from '../ledger/ledger';
import { fresh, HORIZON_STEPS, Outlook, type Forecast, type Standing } from '../prediction/horizon';
import { AdmissionRound, type Foreseen, type Packing } from './admission-round';
import { FairTurns, type TurnsJob } from './fair-turns';
import { KeptPools } from './kept-pools';
import { PACKING_Z } from './odds';
import { newcomer, Pool } from './pool';
import { WHOLE_POOL } from './whole-pool';

const MS_PER_STEP = 10;

interface Job extends TurnsJob {
  readonly runSteps: number;
}

const job = (jobId: string, change: Partial<Job> = {}): Job => ({
  jobId,
  tenant: 't',
  model: 'm',
  priority: 0,
  createdAtMs: 0,
  cells: 100,
  runSteps: 400,
  ...change,
});

/** Holds its cells from its start to its end, as is foreseen. */
const course = ({ cells, runSteps }: Pick<Job, 'cells' | 'runSteps'>): Forecast => ({
  addTo: (outlook, { sampledTokens }) => {
    for (const [at, steps] of HORIZON_STEPS.entries())
      if (sampledTokens + steps < runSteps) outlook.put(at, cells, 0);
  },
  stillThinking: () => 0,
  thoughtQuantile: () => 0,
});
const standing = (cells: number, sampledTokens = 0): Standing => ({ ...fresh(cells), sampledTokens });

function foreseen(asked: Job, forecast = course(asked)): Foreseen {
  const outlook = new Outlook();
  forecast.addTo(outlook, standing(asked.cells));
  return {
    standing: standing(asked.cells),
    forecast,
    newcomer: newcomer(asked.cells, outlook, PACKING_Z),
    longRunSteps: asked.runSteps,
    msPerStep: MS_PER_STEP,
  };
}

const packing = (change: Partial<Packing<Job>> = {}): Packing<Job> => ({
  foresee: foreseen,
  kept: new KeptPools(),
  nowMs: 0,
  ...change,
});

const offerOf = (pool: Pool, lane: number): LaneOffer => ({
  card: 'c',
  lane,
  model: 'm',
  slotCells: pool.shape.cells,
  freeSlots: pool.shape.sessions - pool.members.length,
  pool,
});
const aPool = (id: string, cells: number, sessions: number) => new Pool(id, { cells, sessions }, PACKING_Z);

/** Pools at work in made-up time, and a queue that never runs dry. */
class Fleet {
  nowMs = 0;
  readonly startedMs = new Map<string, number>();
  mostCells = 0;
  private running: { job: Job; lane: number; sinceMs: number }[] = [];
  private held: Job[] = [];
  private readonly kept = new KeptPools();
  private readonly turns = new FairTurns(1e12);
  private made = 0;

  constructor(
    private readonly pools: readonly { readonly cells: number; readonly sessions: number }[],
    private readonly narrow: readonly Pick<Job, 'cells' | 'runSteps'>[],
    waiting: readonly Job[],
  ) {
    this.held.push(...waiting);
  }

  /** To the next end of a job, and a round then. */
  step(): void {
    const endOf = (one: { job: Job; sinceMs: number }) => one.sinceMs + one.job.runSteps * MS_PER_STEP;
    if (this.running.length > 0) this.nowMs = Math.min(...this.running.map(endOf));
    this.running = this.running.filter((one) => endOf(one) > this.nowMs);
    while (this.held.length < 8) {
      const shape = this.narrow[this.made % this.narrow.length];
      this.made += 1;
      this.held.push(job(`n${this.made}`, { ...shape, createdAtMs: this.made }));
    }
    const offers = this.pools.map(({ cells, sessions }, lane) => {
      const pool = aPool(`p${lane}`, cells, sessions);
      for (const one of this.running.filter((other) => other.lane === lane)) {
        const steps = (this.nowMs - one.sinceMs) / MS_PER_STEP;
        pool.add({ forecast: course(one.job), standing: standing(one.job.cells, steps) });
      }
      return offerOf(pool, lane);
    });
    this.kept.keep(
      offers.flatMap(({ pool }) => pool ?? []),
      new Set(this.held.map(({ jobId }) => jobId)),
      this.nowMs,
    );
    const round = new AdmissionRound<Job>(offers, packing({ kept: this.kept, nowMs: this.nowMs }));
    for (const { job: one, admission } of this.turns.askAll(round, this.held, this.nowMs)) {
      if (!admission.ok) continue;
      this.held = this.held.filter((other) => other !== one);
      this.running.push({ job: one, lane: admission.placement.lane, sinceMs: this.nowMs });
      this.startedMs.set(one.jobId, this.nowMs);
    }
    for (const [lane, { cells, sessions }] of this.pools.entries()) {
      const here = this.running.filter((one) => one.lane === lane);
      const sum = here.reduce((total, one) => total + one.job.cells, 0);
      this.mostCells = Math.max(this.mostCells, sum / cells, here.length / sessions);
    }
  }
}

describe('a round over pools that go by what is foreseen', () => {
  const shapes = fc.array(
    fc.record({ cells: fc.integer({ min: 200, max: 1000 }), sessions: fc.integer({ min: 1, max: 6 }) }),
    { minLength: 1, maxLength: 6 },
  );
  const jobs = fc.array(
    fc.record({ cells: fc.integer({ min: 1, max: 1100 }), runSteps: fc.integer({ min: 1, max: 4000 }) }),
    { maxLength: 24 },
  );

  it('admits nobody beyond the rule of a pool, and lets whoever an empty one would hold wait', () => {
    fc.assert(
      fc.property(shapes, jobs, (wanted, asked) => {
        const pools = wanted.map(({ cells, sessions }, at) => aPool(`p${at}`, cells, sessions));
        const round = new AdmissionRound<Job>(pools.map(offerOf), packing());
        const answers = round.addAll(asked.map((one, at) => job(`j${at}`, { ...one, createdAtMs: at })));
        for (const { shape, members, outlook } of pools) {
          expect(members.length).toBeLessThanOrEqual(shape.sessions);
          expect(outlook.most(PACKING_Z)).toBeLessThanOrEqual(shape.cells);
        }
        const widest = Math.max(...wanted.map(({ cells }) => cells));
        for (const { job: one, admission } of answers) {
          if (!admission.ok) expect(admission.reason === 'never-fits').toBe(one.cells > widest);
        }
      }),
    );
  });

  it('decides of slots with cells of their own as a round without pools does', () => {
    const lanes = fc.uniqueArray(
      fc.record({
        card: fc.constantFrom('a', 'b'),
        lane: fc.nat(2),
        model: fc.constant('m'),
        slotCells: fc.integer({ min: 1, max: 1000 }),
        freeSlots: fc.nat(3),
      }),
      { selector: (offer) => `${offer.card}/${offer.lane}` },
    );
    fc.assert(
      fc.property(lanes, jobs, (offers, asked) => {
        const named = asked.map((one, at) => job(`j${at}`, { ...one, createdAtMs: at }));
        const packed = new AdmissionRound<Job>(offers, packing());
        expect(packed.addAll(named)).toEqual(new AdmissionRound(offers).addAll(named));
      }),
    );
  });

  it('takes pools of one session each for what they are: the predicted peak decides', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1000 }), (cells, width) => {
        const round = new AdmissionRound<Job>([offerOf(aPool('p', width, 1), 0)], packing());
        expect(round.tryAdd(job('j', { cells })).ok).toBe(cells <= width);
        expect(round.tryAdd(job('k', { cells: 1 })).ok).toBe(cells > width);
      }),
    );
  });

  it('starts a wide job in the end, however many narrow ones pass it, and no pool ever holds too much', () => {
    const narrow = fc.array(
      fc.record({
        cells: fc.integer({ min: 60, max: 300 }),
        runSteps: fc.integer({ min: 20, max: 3000 }),
      }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ cells: fc.constant(1000), sessions: fc.integer({ min: 2, max: 8 }) }), {
          minLength: 1,
          maxLength: 3,
        }),
        narrow,
        fc.integer({ min: 500, max: 1000 }),
        (pools, shapes_, cells) => {
          const wide = job('wide', { cells, runSteps: 500, createdAtMs: 40 });
          const early = Array.from({ length: 30 }, (_, at) =>
            job(`e${at}`, { ...shapes_[at % shapes_.length], createdAtMs: at }),
          );
          const fleet = new Fleet(pools, shapes_, [...early, wide]);
          for (let steps = 0; steps < 3000 && !fleet.startedMs.has('wide'); steps += 1) fleet.step();
          expect(fleet.startedMs.has('wide')).toBe(true);
          expect(fleet.mostCells).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lets into a kept pool only who ends before its job could start, and not after that time', () => {
    const kept = new KeptPools();
    const pool = (nowMs: number) => {
      const one = aPool('p', 1000, 8);
      one.add({
        forecast: course({ cells: 600, runSteps: 2000 }),
        standing: standing(600, nowMs / MS_PER_STEP),
      });
      return one;
    };
    const ask = (nowMs: number, ...asked: readonly Job[]) => {
      const now = pool(nowMs);
      kept.keep([now], new Set(['wide']), nowMs);
      const round = new AdmissionRound<Job>([offerOf(now, 0)], packing({ kept, nowMs }));
      return asked.map((one) => round.tryAdd(one).ok);
    };
    const wide = job('wide', { cells: 900 });
    const [short, long] = [job('short', { runSteps: 100 }), job('long', { runSteps: 5000 })];
    expect(ask(0, wide, long, short)).toEqual([false, false, true]);
    // Nothing has become shorter, but the time at which the wide one was to start is near.
    expect(ask(1950 * MS_PER_STEP, wide, short)).toEqual([false, false]);
    expect(ask(2100 * MS_PER_STEP, wide)).toEqual([true]);
  });

  it('gives who needs a pool to itself an empty one, and nobody beside it', () => {
    const alone = job('alone', { cells: 300 });
    const foresee = (one: Job) => foreseen(one, one === alone ? WHOLE_POOL : course(one));
    const round = (...pools: readonly Pool[]) =>
      new AdmissionRound<Job>(pools.map(offerOf), packing({ foresee }));
    const busy = () => {
      const pool = aPool('busy', 1000, 8);
      pool.add({ forecast: course(job('x')), standing: standing(100) });
      return pool;
    };
    expect(round(busy()).tryAdd(alone)).toMatchObject({ ok: false, reason: 'no-free-slot' });
    const both = round(busy(), aPool('empty', 1000, 8));
    expect(both.tryAdd(alone)).toMatchObject({ placement: { lane: 1 } });
    expect(both.tryAdd(job('next'))).toMatchObject({ placement: { lane: 0 } });
  });
});
