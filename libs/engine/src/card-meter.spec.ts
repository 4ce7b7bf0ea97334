import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LaneCard } from './card';
import { CardMeter } from './card-meter';
import { Bench, request } from './testing/card.fixture';
import { knownOn, NANO, runCrowded, type Known } from './testing/crowd.fixture';
import type { SessionReport } from './types';

describe('the account of KV memory', () => {
  const bench = new Bench();
  let known: Known[];
  beforeAll(async () => {
    known = await knownOn(await bench.card(NANO, { modelName: 'nano', lanes: [{ slots: 1, cells: 1024 }] }));
  });
  afterAll(() => bench.close());

  const crowded = (): Promise<LaneCard> =>
    bench.card(NANO, {
      modelName: 'nano',
      lanes: [
        { slots: 3, cells: 256 },
        { slots: 1, cells: 1024 },
      ],
    });

  it('of all sessions is the card’s, when some move, are parked and outgrow it', async () => {
    const card = await crowded();
    const reports: SessionReport[] = [];
    const { moved, parked } = await runCrowded(card, known, undefined, reports);
    expect(moved + parked).toBeGreaterThan(0);
    expectTheSame(
      card,
      reports.reduce((sum, report) => sum + left(report), 0),
    );
  });

  it('counts what cancelled ones and those that were taken out have used', async () => {
    const card = await crowded();
    let used = 0;
    const waiting = known.map(({ job }) => job).filter(({ limits }) => limits.max_thought_tokens < 60);
    for (let step = 0; waiting.length > 0 || card.sessions() > 0; step++) {
      const next = waiting[0];
      if (next !== undefined && card.admit(next) === undefined) waiting.shift();
      const [job] = card.lanes().flatMap(({ slots }) => slots.flatMap((slot) => slot.job ?? []));
      if (job !== undefined && step % 40 === 39) card.cancel(job);
      else if (job !== undefined && step % 40 === 19) {
        used += card.useOf(job)?.kvByteSeconds ?? 0;
        card.evict(job);
      }
      for (const report of await card.step()) used += left(report);
    }
    expectTheSame(card, used);
  });

  it('of a parked session does not grow, since its cells are in a file', async () => {
    const card = await crowded();
    const reports: SessionReport[] = [];
    card.admit(request('parked'));
    for (let step = 0; step < 20; step++) await card.step();
    await card.park('parked', reports);
    const [report] = reports;
    expect(report?.kind === 'parked' && report.use.kvByteSeconds).toBeGreaterThan(0);
    expect(card.useOf('parked')).toEqual(report?.kind === 'parked' && report.use);
    const before = card.totals().kvByteSeconds;
    expect(card.totals().kvByteSeconds).toBe(before);
    card.evict('parked');
  });
});

describe('the meter of a card', () => {
  function metered() {
    const lane = { cells: 100, engine: 100, counts: 0 };
    const clock = { nowMs: 0 };
    const meter = new CardMeter(
      () => [
        {
          cells: lane.cells,
          get engineCells() {
            lane.counts += 1;
            clock.nowMs += 1;
            return lane.engine;
          },
        },
      ],
      () => clock.nowMs,
    );
    return { lane, clock, meter };
  }

  it('lets the engine count no more often than is cheap, but always before a time without steps', () => {
    const { lane, clock, meter } = metered();
    meter.look();
    meter.look();
    expect(lane.counts).toBe(1);
    meter.look(true);
    expect(lane.counts).toBe(2);
    clock.nowMs += 200;
    meter.look();
    expect(lane.counts).toBe(3);
    expect(meter.cellMs).toBe(100 * clock.nowMs);
  });

  it('counts cells that the engine holds and no session knows of', () => {
    const { lane, clock, meter } = metered();
    lane.engine = 130;
    meter.look();
    lane.cells = 110;
    const atMs = clock.nowMs;
    meter.look();
    clock.nowMs = 50;
    expect(meter.cellMs).toBe(130 * atMs + 140 * (50 - atMs));
  });
});

/** What a session that left the card with this report has used of it. */
function left(report: SessionReport): number {
  if (report.kind === 'finish') return report.kvByteSeconds;
  return report.kind === 'outgrown' ? report.use.kvByteSeconds : 0;
}

function expectTheSame(card: LaneCard, used: number): void {
  const measured = card.totals().kvByteSeconds;
  expect(measured).toBeGreaterThan(0);
  expect(used / measured).toBeGreaterThan(0.98);
  expect(used / measured).toBeLessThan(1.02);
}
