import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fresh, HORIZONS, Outlook, type Forecast } from '../prediction/horizon';
import { Backlog, type BacklogJob } from './backlog';
import { FairShare, jainIndex } from './fair-share';
import { thoughtsPeakCells } from './gate';
import { Heap } from './heap';
import { newcomer, Pool, type PoolMember } from './pool';
import { PoolIndex } from './pool-index';
import { PoolRound } from './pool-round';
import { linearSharing, stepMs } from './step-time';

/** Holds so many cells for ever, nothing more and nothing less. */
const constant = (cells: number): PoolMember => ({
  standing: fresh(cells),
  forecast: {
    addTo: (outlook) => {
      for (let at = 0; at < HORIZONS; at += 1) outlook.put(at, cells, 0);
    },
    stillThinking: () => 0,
    thoughtQuantile: () => 0,
  } satisfies Forecast,
});
const asking = (cells: number) => {
  const outlook = new Outlook();
  constant(cells).forecast.addTo(outlook, fresh(cells));
  return newcomer(cells, outlook, 2);
};
const job = (jobId: string, change: Partial<BacklogJob> = {}): BacklogJob => ({
  jobId,
  tenant: 't',
  priority: 0,
  createdAtMs: 0,
  cells: 100,
  ...change,
});

describe('a heap', () => {
  it('gives its items in order, whatever was pushed, moved and removed', () => {
    const commands = fc.array(fc.tuple(fc.constantFrom('push', 'move', 'remove'), fc.nat(50), fc.nat(20)));
    fc.assert(
      fc.property(commands, (all) => {
        const heap = new Heap<{ heapIndex: number; key: number }>((a, b) => a.key < b.key);
        const items: { heapIndex: number; key: number }[] = [];
        for (const [what, key, at] of all) {
          const item = items[at % Math.max(1, items.length)];
          if (what === 'push' || !item) items.push({ heapIndex: -1, key });
          if (what === 'push' || !item) heap.push(items.at(-1) as (typeof items)[0]);
          else if (what === 'move') heap.moved(Object.assign(item, { key }));
          else heap.remove(items.splice(items.indexOf(item), 1)[0] as typeof item);
        }
        const wanted = (one: { key: number }) => one.key % 3 === 0;
        const least = items.filter(wanted).sort((a, b) => a.key - b.key)[0];
        expect(heap.find(wanted)?.key).toBe(least?.key);
        const drained: number[] = [];
        for (let next = heap.first; next; next = heap.first) {
          drained.push(next.key);
          heap.remove(next);
        }
        expect(drained).toEqual(items.map(({ key }) => key).sort((a, b) => a - b));
      }),
    );
  });
});

describe('a pool', () => {
  it('never admits what makes a known sum exceed its cells', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 })), (wanted) => {
        const pool = new Pool('p', { cells: 1000, sessions: 8 }, 2);
        for (const cells of wanted) if (pool.canAdmit(asking(cells))) pool.add(constant(cells));
        const sum = pool.members.reduce((total, { standing }) => total + standing.floorCells, 0);
        expect(sum).toBeLessThanOrEqual(1000);
        expect(pool.members.length).toBeLessThanOrEqual(8);
        expect(pool.headroomCells).toBe(pool.members.length === 8 ? 0 : 1000 - sum);
      }),
    );
  });

  it('with one place is a slot: the predicted peak must fit', () => {
    const slot = new Pool('p', { cells: 512, sessions: 1 }, 2);
    expect([slot.canAdmit(asking(513)), slot.canAdmit(asking(512))]).toEqual([false, true]);
    slot.add(constant(10));
    expect(slot.canAdmit(asking(1))).toBe(false);
  });
});

describe('the gate', () => {
  it('counts thoughts that surely go on in full and ended ones by what they leave', () => {
    const thinking = (goesOn: number): PoolMember => ({
      standing: { ...fresh(100), thoughtCells: 4 },
      forecast: { addTo: () => undefined, stillThinking: () => goesOn, thoughtQuantile: () => 0 },
    });
    expect(thoughtsPeakCells(50, [thinking(1)], 10, { z: 2, chance: 0.1 })).toBe(50 + 100 + 4 + 496);
    expect(thoughtsPeakCells(50, [thinking(0)], 10, { z: 2, chance: 0.1 })).toBe(50 + 100 + 10);
  });
});

describe('the backlog', () => {
  const backlog = (ageingMs = 1e9) => {
    const share = new FairShare();
    return { share, backlog: new Backlog<BacklogJob>(share, ageingMs) };
  };

  it('gives every job once: by priority, then to the tenant that has had least, then the oldest', () => {
    const jobs = fc.array(
      fc.record({
        tenant: fc.constantFrom('a', 'b', 'c'),
        priority: fc.nat(2),
        createdAtMs: fc.nat(50),
        cells: fc.integer({ min: 1, max: 5000 }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(jobs, (all) => {
        const { share, backlog: waiting } = backlog();
        const sorted = [...all].sort((a, b) => a.createdAtMs - b.createdAtMs);
        sorted.forEach((one, at) => waiting.push(job(String(at), one), 0));
        const given: BacklogJob[] = [];
        for (let next = waiting.first(0); next; next = waiting.first(0)) {
          const left = sorted
            .map((one, at) => job(String(at), one))
            .filter((one) => !given.some(({ jobId }) => jobId === one.jobId));
          expect(next.priority).toBe(Math.min(...left.map(({ priority }) => priority)));
          const level = left.filter(({ priority }) => priority === next.priority);
          expect(share.of(next.tenant)).toBe(Math.min(...level.map(({ tenant }) => share.of(tenant))));
          const own = level.filter(({ tenant }) => tenant === next.tenant);
          expect(next.createdAtMs).toBe(Math.min(...own.map(({ createdAtMs }) => createdAtMs)));
          waiting.take(next, 0);
          given.push(next);
          share.charge(next.tenant, next.cells);
          waiting.charged(next.tenant);
        }
        expect(given.map(({ jobId }) => Number(jobId)).sort((a, b) => a - b)).toEqual(all.map((_, at) => at));
        expect([waiting.size, waiting.leastCells]).toEqual([0, Number.POSITIVE_INFINITY]);
      }),
    );
  });

  it('gives jobs of the same millisecond in the order in which they came, whatever their widths', () => {
    const { backlog: waiting } = backlog();
    const cells = [100, 4000, 100, 700, 4000, 100];
    cells.forEach((one, at) => waiting.push(job(String(at), { cells: one }), 0));
    waiting.push(job('back', { cells: 700 }), 0, true);
    const given: string[] = [];
    for (let next = waiting.first(0); next; next = waiting.first(0)) {
      waiting.take(next, 0);
      given.push(next.jobId);
    }
    expect(given).toEqual(['back', '0', '1', '2', '3', '4', '5']);
  });

  it('asks a line first that was served nothing for half of the ageing time', () => {
    const { backlog: waiting } = backlog(1000);
    waiting.push(job('humble', { priority: 9, cells: 4000 }), 0);
    for (let at = 0; at < 30; at += 1) {
      waiting.push(job(`urgent-${at}`, { createdAtMs: 100 * at }), 100 * at);
      const next = waiting.first(100 * at);
      if (next?.jobId === 'humble') {
        expect(100 * at).toBe(500);
        return;
      }
      if (next) waiting.take(next, 100 * at);
    }
    expect.unreachable('the humble job was never asked');
  });

  it('lets nobody save up shares while away', () => {
    const { share, backlog: waiting } = backlog();
    waiting.push(job('1', { tenant: 'busy' }), 0);
    share.charge('busy', 1000);
    waiting.push(job('2', { tenant: 'late' }), 0);
    expect(share.of('late')).toBe(1000);
  });
});

describe('a round', () => {
  const round = (pools: readonly Pool[], waiting: Backlog<BacklogJob>, longRunSteps = 1e9) => {
    const index = new PoolIndex();
    for (const pool of pools) index.update(pool);
    const reserved = new Map<string, Pool>();
    const place = () => {
      const one = new PoolRound(waiting, index, reserved, {
        newcomerOf: ({ cells }) => asking(cells),
        longRunSteps: () => longRunSteps,
        reservations: 1,
      });
      const placed: string[] = [];
      for (let next = one.next(0); next; next = one.next(0)) {
        next.pool.add(constant(next.job.cells));
        index.update(next.pool);
        placed.push(next.job.jobId);
      }
      return placed;
    };
    return { place, index };
  };

  it('fits the tightest pool and asks narrower jobs behind one that fits nowhere', () => {
    const wide = new Pool('wide', { cells: 1000, sessions: 4 }, 2);
    const narrow = new Pool('narrow', { cells: 300, sessions: 4 }, 2);
    wide.add(constant(200));
    const waiting = new Backlog<BacklogJob>(new FairShare(), 1e9);
    waiting.push(job('huge', { cells: 900 }), 0);
    waiting.push(job('small', { cells: 100, createdAtMs: 1 }), 0);
    expect(round([wide, narrow], waiting).place()).toEqual(['small']);
    expect(narrow.members).toHaveLength(1);
    expect(wide.reservedFor).toBe('huge');
  });

  it('keeps a pool for the wide job until it starts there, however many narrow ones come', () => {
    const pool = new Pool('p', { cells: 1000, sessions: 9 }, 2);
    const early = [constant(300), constant(300)];
    for (const one of early) pool.add(one);
    const waiting = new Backlog<BacklogJob>(new FairShare(), 1e9);
    waiting.push(job('wide', { cells: 900 }), 0);
    for (let at = 0; at < 20; at += 1) waiting.push(job(`n${at}`, { cells: 200, createdAtMs: 1 + at }), 0);
    const { place, index } = round([pool], waiting);
    const order: string[] = [...place()];
    for (const one of early) {
      pool.remove(one);
      index.update(pool);
      order.push(...place());
    }
    expect(order).toEqual(['wide']);
  });
});

describe('a pool that is kept for a job', () => {
  it('is open to whoever is asked before that job, or both would wait for ever', () => {
    const pool = new Pool('p', { cells: 1000, sessions: 9 }, 2);
    const early = constant(300);
    pool.add(early);
    const waiting = new Backlog<BacklogJob>(new FairShare(), 1e9);
    waiting.push(job('wide', { cells: 900, createdAtMs: 5 }), 0);
    const index = new PoolIndex();
    index.update(pool);
    const reserved = new Map<string, Pool>();
    const next = () =>
      new PoolRound(waiting, index, reserved, {
        newcomerOf: ({ cells }) => asking(cells),
        longRunSteps: () => 1e9,
        reservations: 1,
      }).next(10);
    expect(next()).toBeUndefined();
    expect(pool.reservedFor).toBe('wide');
    // Handed back to the queue: older than the wide one, and asked first from now on.
    waiting.push(job('back', { cells: 800, createdAtMs: 1 }), 10, true);
    pool.remove(early);
    index.update(pool);
    expect(next()?.job.jobId).toBe('back');
  });
});

describe("Jain's index", () => {
  it('lies between 1 / n and 1', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1 }), (shares) => {
        expect(jainIndex(shares)).toBeLessThanOrEqual(1 + 1e-12);
        expect(jainIndex(shares)).toBeGreaterThanOrEqual(1 / shares.length - 1e-12);
      }),
    );
    expect(jainIndex([5, 0, 0, 0])).toBe(0.25);
  });
});

describe('the time of a step', () => {
  it('is known by its coefficients', () => {
    const time = { passMs: 4, sessionMs: 0.03, cellMs: 2e-5, sharing: linearSharing(0.01), prefillMs: 0.06 };
    expect(stepMs(time, 10, 1000, 11)).toBeCloseTo(4 + 0.3 + 0.022, 9);
  });
});
