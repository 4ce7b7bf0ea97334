import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CardView, SlotView } from '@gistpool/contracts';
import { boundOf, Predictor, type LaneOffer } from '@gistpool/core';
import { fleetLedger } from './fleet-ledger';
import { Foresight } from './foresight';
import { featuresOf } from './job-features';
import type { JobOutline } from './outline';
import { PlacedJobs } from './placed-jobs';
import { aCard, aJob, aModel } from './testing.fixture';
import type { Placement } from './types';

const EPS = 0.05;
const models = new Map([[aModel.name, aModel]]);

function outline(id: string, change: Partial<JobOutline> = {}): JobOutline {
  const { model, tenant, priority, createdAtMs, promptTokens, limits } = aJob();
  const job = { model, tenant, priority, createdAtMs, promptTokens, limits, ...change };
  const predictedPeakCells = boundOf(featuresOf(job, aModel));
  const counts = { outgrown: 0, thoughts: 0, crashes: 0, resumes: 0 };
  return { id, ...job, predictedPeakCells, ...counts, ...change };
}

const placementOf = (job: JobOutline, lane = 0): Placement => ({
  jobId: job.id,
  queue: 'q',
  token: `token-${job.id}`,
  lane,
  reservedCells: job.predictedPeakCells,
  placedAtMs: 0,
});

/** One pool of so many cells. `slots`: who sits there, and how. */
function pooledCard(cells: number, slots: readonly Partial<SlotView>[], sessions = 8): CardView {
  const card = aCard('card-0', 'one', [[sessions, cells]]);
  const lanes = card.lanes.map((lane) => ({
    ...lane,
    shared_cells: cells,
    slots: lane.slots.map((slot, at) => ({ ...slot, ...slots[at] })),
  }));
  return { ...card, lanes };
}

class Leader {
  readonly known = new PlacedJobs();

  constructor(private readonly predictor = new Predictor({ eps: EPS })) {}

  async offers(card: CardView, jobs: readonly JobOutline[]): Promise<LaneOffer[]> {
    const placements = new Map([[card.card, jobs.map((job) => placementOf(job))]]);
    const placed = await this.known.read([card], placements, models, () => Promise.resolve([...jobs]));
    return this.foresight.withPools(
      fleetLedger([card], placements, 'courses').ledger.offers(),
      [card],
      placed,
    );
  }

  get foresight(): Foresight {
    return new Foresight(this.predictor, models, new Map());
  }
}

/** Has seen sessions of four thoughts of ten tokens: they hold 39 cells at most. */
function experienced(): Predictor {
  const predictor = new Predictor({ eps: EPS });
  const features = featuresOf(aJob(), aModel);
  for (let session = 0; session < 200; session += 1) {
    const progress = predictor.begin(features, 115, 0);
    for (let thought = 1; thought <= 4; thought += 1) predictor.thought(progress, 10, 15 + 6 * thought);
    predictor.end(progress, 3, 39, { ms: 430, tokens: 43 });
  }
  return predictor;
}

describe('what is foreseen of a pool', () => {
  it('is as bounds have it as long as nothing was learnt', async () => {
    const limits = fc.record({
      max_tokens: fc.integer({ min: 1, max: 400 }),
      max_thoughts: fc.integer({ min: 1, max: 20 }),
      max_thought_tokens: fc.integer({ min: 1, max: 60 }),
    });
    const jobs = fc.array(fc.record({ promptTokens: fc.integer({ min: 1, max: 200 }), limits }), {
      minLength: 1,
      maxLength: 9,
    });
    await fc.assert(
      fc.asyncProperty(jobs, fc.integer({ min: 100, max: 1500 }), async (asked, cells) => {
        const leader = new Leader();
        const placed: JobOutline[] = [];
        let sum = 0;
        for (const [at, one] of asked.entries()) {
          const job = outline(`j${at}`, one);
          const [offer] = await leader.offers(pooledCard(cells, []), placed);
          const fits = placed.length < 8 && sum + job.predictedPeakCells <= cells;
          expect(offer?.pool?.canAdmit(leader.foresight.foresee(job).newcomer)).toBe(fits);
          if (!fits) continue;
          placed.push(job);
          sum += job.predictedPeakCells;
        }
      }),
    );
  });

  it('lets more jobs in than bounds do once sessions are known, but not beside one that waits or is parked', async () => {
    const leader = new Leader(experienced());
    const jobs = ['a', 'b', 'c', 'd'].map((id) => outline(id));
    const { newcomer } = leader.foresight.foresee(outline('next'));
    const sits = (job: JobOutline, change: Partial<SlotView> = {}) => ({
      job: job.id,
      thought: 1,
      live_cells: 20,
      floor_cells: 11,
      sampled_tokens: 10,
      peak_cells: 25,
      ...change,
    });
    const hasRoom = async (card: CardView) =>
      (await leader.offers(card, jobs))[0]?.pool?.canAdmit(newcomer) ?? false;
    const slots = jobs.map((job) => sits(job));
    // By bounds two would fit, 115 cells each.
    expect(await hasRoom(pooledCard(250, slots))).toBe(true);
    expect(await hasRoom(pooledCard(120, slots))).toBe(false);
    expect(
      await hasRoom(
        pooledCard(
          250,
          jobs.map((job, at) => sits(job, { waits: at === 2 })),
        ),
      ),
    ).toBe(false);
    // It has left its slot, and is still placed.
    expect(await hasRoom(pooledCard(250, slots.slice(0, 3)))).toBe(false);
    expect(await hasRoom(pooledCard(250, slots))).toBe(true);
  });

  it('is at the checkpoint of a session that is resumed', () => {
    const { foresight } = new Leader(experienced());
    const { standing } = foresight.foresee(outline('late', { thoughts: 3, resumes: 1, peakCells: 90 }));
    expect(standing).toMatchObject({ promptTokens: 5, floorCells: 5 + 3 * 6, thoughts: 3, peakCells: 90 });
    expect(standing.sampledTokens / 3).toBeCloseTo(10, 0);
    expect(foresight.foresee(outline('new')).standing).toMatchObject({ floorCells: 5, thoughts: 0 });
  });
});

describe('a job that came back', () => {
  const { foresight } = new Leader(experienced());
  const cellsOf = (change: Partial<JobOutline>) => foresight.neededCells(outline('j', change));

  it('asks for what it was seen to need, by which it may need more', () => {
    expect(cellsOf({})).toBeLessThan(45);
    expect(cellsOf({ peakCells: 60 })).toBeGreaterThan(60);
    expect(cellsOf({ peakCells: 300 })).toBe(300);
  });

  it('gets a pool to itself when it has come back often, so that it does not come back for ever', async () => {
    const returned = outline('r', { peakCells: 60, resumes: 3, thoughts: 2 });
    const { newcomer } = foresight.foresee(returned);
    const admits = async (...jobs: readonly JobOutline[]) => {
      const [offer] = await new Leader(experienced()).offers(pooledCard(500, []), jobs);
      return [newcomer, foresight.foresee(outline('other')).newcomer].map((one) =>
        offer?.pool?.canAdmit(one),
      );
    };
    expect(await admits()).toEqual([true, true]);
    expect(await admits(outline('a'))).toEqual([false, true]);
    expect(await admits(returned)).toEqual([false, false]);
    // A drain is no reason for it.
    expect(cellsOf({ resumes: 5 })).toBeLessThan(45);
  });
});
