import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LaneOffer } from '../ledger/ledger';
import { AdmissionRound } from './admission-round';
import { jainIndex } from './fair-share';
import { FairTurns, type TurnsJob } from './fair-turns';

interface Job extends TurnsJob {
  readonly runMs: number;
}

/** One lane, whose owner fetches and places in turn, in made-up time. */
class Pool {
  nowMs = 0;
  readonly turns: FairTurns;
  readonly usedCellMs = new Map<string, number>();
  readonly startedMs = new Map<string, number>();
  private readonly running: { job: Job; endsMs: number }[] = [];
  private held: Job[] = [];

  constructor(
    private readonly lanes: readonly (readonly [slots: number, cells: number])[],
    private readonly queues: ReadonlyMap<string, Job[]>,
    ageingMs: number,
  ) {
    this.turns = new FairTurns(ageingMs);
  }

  /** To the next end of a job, and a round then. */
  step(): void {
    this.running.sort((a, b) => a.endsMs - b.endsMs);
    this.nowMs = this.running[0]?.endsMs ?? this.nowMs;
    while (this.running[0] && this.running[0].endsMs <= this.nowMs) this.running.shift();
    this.turns.look(
      this.running.map(({ job }) => job),
      new Set([...this.queues].filter(([, jobs]) => jobs.length > 0).map(([tenant]) => tenant)),
      this.nowMs,
    );
    const offers = this.offers();
    const free = offers.reduce((sum, { freeSlots }) => sum + freeSlots, 0);
    for (const jobs of this.queues.values())
      if (jobs[0] && this.turns.isDue(jobs[0], this.nowMs)) this.held.push(...jobs.splice(0, 1));
    const sources = [...this.queues].map(([tenant, jobs]) => ({
      name: tenant,
      tenant,
      waiting: jobs.length,
      priority: jobs[0]?.priority ?? 0,
    }));
    const room = Math.max(0, Math.min(free, free + 16 - this.held.length));
    for (const [tenant, count] of this.turns.allot(room, sources, this.held))
      this.held.push(...(this.queues.get(tenant)?.splice(0, count) ?? []));
    for (const { job, admission } of this.turns.askAll(new AdmissionRound(offers), this.held, this.nowMs)) {
      if (!admission.ok) continue;
      this.held = this.held.filter((one) => one !== job);
      this.running.push({ job, endsMs: this.nowMs + job.runMs });
      this.startedMs.set(job.jobId, this.nowMs);
      this.usedCellMs.set(job.tenant, (this.usedCellMs.get(job.tenant) ?? 0) + job.cells * job.runMs);
      this.seats.set(job, admission.placement.lane);
    }
  }

  private readonly seats = new Map<Job, number>();

  private offers(): LaneOffer[] {
    return this.lanes.map(([slots, slotCells], lane) => ({
      card: 'c',
      lane,
      model: 'm',
      slotCells,
      freeSlots: slots - this.running.filter(({ job }) => this.seats.get(job) === lane).length,
    }));
  }
}

const job = (jobId: string, change: Partial<Job> = {}): Job => ({
  jobId,
  tenant: 't',
  model: 'm',
  priority: 0,
  createdAtMs: 0,
  cells: 100,
  runMs: 1_000,
  ...change,
});

describe('turns', () => {
  it('give one heavy tenant and nine light ones as many KV byte-seconds each, whatever their jobs are like', () => {
    const size = fc.record({
      cells: fc.integer({ min: 100, max: 400 }),
      runMs: fc.integer({ min: 500, max: 2_000 }),
    });
    const heavier = fc.record({
      cells: fc.integer({ min: 400, max: 800 }),
      runMs: fc.integer({ min: 2_000, max: 4_000 }),
    });
    fc.assert(
      fc.property(
        heavier,
        fc.array(size, { minLength: 9, maxLength: 9 }),
        fc.integer({ min: 4, max: 30 }),
        (heavy, light, slots) => {
          const queues = new Map(
            [heavy, ...light].map((one, at) => [
              `t${at}`,
              Array.from({ length: 2_000 }, (_, n) => job(`${at}-${n}`, { ...one, tenant: `t${at}` })),
            ]),
          );
          const pool = new Pool([[slots, 1_000]], queues, 1e12);
          // So long that one job more or less is no matter.
          const enough = 20 * heavy.cells * heavy.runMs;
          while ((pool.usedCellMs.get('t0') ?? 0) < enough) pool.step();
          const shares = [...queues.keys()].map((tenant) => pool.usedCellMs.get(tenant) ?? 0);
          expect(jainIndex(shares)).toBeGreaterThanOrEqual(0.95);
        },
      ),
      { numRuns: 8 },
    );
  });

  it('start a wide job of low priority within its ageing time, however many urgent narrow ones come', () => {
    const shape = fc.record({
      wideSlots: fc.integer({ min: 1, max: 3 }),
      narrowSlots: fc.integer({ min: 0, max: 4 }),
      runMs: fc.integer({ min: 100, max: 2_000 }),
    });
    fc.assert(
      fc.property(shape, ({ wideSlots, narrowSlots, runMs }) => {
        const urgent = Array.from({ length: 2_000 }, (_, n) => job(`u${n}`, { tenant: 'urgent', runMs }));
        const humble = job('humble', { tenant: 'humble', priority: 9, cells: 900, runMs });
        const queues = new Map([
          ['urgent', urgent],
          ['humble', [humble]],
        ]);
        const lanes = [
          [wideSlots, 1_000],
          [narrowSlots, 200],
        ] as const;
        const ageingMs = 20_000;
        const pool = new Pool(lanes, queues, ageingMs);
        while (!pool.startedMs.has('humble') && pool.nowMs < 2 * ageingMs) pool.step();
        expect(pool.startedMs.get('humble')).toBeLessThanOrEqual(ageingMs);
        // Not because its priority counted for nothing.
        expect(pool.startedMs.get('humble')).toBeGreaterThanOrEqual(ageingMs / 2);
      }),
      { numRuns: 40 },
    );
  });

  it('let nobody save up shares while away', () => {
    const turns = new FairTurns(1e9);
    const round = () =>
      new AdmissionRound([{ card: 'c', lane: 0, model: 'm', slotCells: 500, freeSlots: 1 }]);
    turns.look([], new Set(['busy']), 0);
    turns.askAll(round(), [job('1', { tenant: 'busy' })], 0);
    turns.look([], new Set(['busy']), 100_000);
    turns.look([], new Set(['busy', 'late']), 100_000);
    const sources = ['busy', 'late'].map((tenant) => ({ name: tenant, tenant, waiting: 100, priority: 0 }));
    const counts = turns.allot(10, sources, []);
    expect([counts.get('busy'), counts.get('late')]).toEqual([5, 5]);
  });

  it('ask every job: what never fits is told so, and what finds no slot waits', () => {
    const turns = new FairTurns(1e9);
    const round = new AdmissionRound([{ card: 'c', lane: 0, model: 'm', slotCells: 500, freeSlots: 1 }]);
    const answers = turns.askAll(round, [job('giant', { cells: 501 }), job('a'), job('b')], 0);
    const words = answers.map(({ job: { jobId }, admission }) => [jobId, admission.ok || admission.reason]);
    expect(words).toEqual([
      ['giant', 'never-fits'],
      ['a', true],
      ['b', 'no-free-slot'],
    ]);
  });
});
