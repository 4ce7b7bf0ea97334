import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bench } from './testing/card.fixture';
import { type Known, knownOn, NANO } from './testing/crowd.fixture';
import { reshaped, runReshaping, type Shape } from './testing/reshaping.fixture';

const MINUTE_MS = 60_000;

describe('a card that takes other lanes in the midst of its sessions', () => {
  const bench = new Bench();
  let known: Known[];
  let cellBytes: number;
  beforeAll(async () => {
    const roomy = await bench.card(NANO, { lanes: [{ slots: 1, cells: 1024 }] });
    cellBytes = roomy.model.kv_bytes_per_cell;
    known = (await knownOn(roomy)).slice(0, 6);
    expect(Math.max(...known.map(({ peakCells }) => peakCells))).toBeLessThanOrEqual(512);
  }, 5 * MINUTE_MS);
  afterEach(() => bench.expectSoundCards());
  afterAll(() => bench.close());

  const wide: Shape = { lanes: [{ slots: 6, cells: 768 }], poolSessions: 1 };
  const few: Shape = { lanes: [{ slots: 4, cells: 512 }], poolSessions: 1 };
  const mixed: Shape = {
    lanes: [
      { slots: 6, cells: 256 },
      { slots: 3, cells: 512 },
    ],
    poolSessions: 1,
  };
  const start = { lanes: [{ slots: 6, cells: 512 }], kvBudgetBytes: 0 };
  const budget = () => ({ ...start, kvBudgetBytes: 6 * 768 * cellBytes });

  const expectAsAlone = ({ ends }: Awaited<ReturnType<typeof runReshaping>>) => {
    for (const { job, text } of known)
      expect([job.jobId, ends.get(job.jobId)?.finish?.text]).toEqual([job.jobId, text]);
  };

  it(
    'lets each say what it says alone, whoever finds no room wait parked, and nobody replay',
    async () => {
      const folder = join(bench.folder, 'ample');
      const card = await bench.card(NANO, { ...budget(), park: { folder, quotaBytes: 2 ** 28 } });
      const run = await runReshaping(card, known, [wide, few, mixed], 13);
      expectAsAlone(run);
      expect(run.reshapes).toBeGreaterThan(3);
      expect(run.parked).toBeGreaterThan(0);
      for (const { finish } of run.ends.values()) expect(finish?.accounting.replayedTokens).toBe(0);
      expect(card.parked()).toEqual({ sessions: 0, bytes: 0 });
      expect(readdirSync(folder)).toEqual([]);
    },
    5 * MINUTE_MS,
  );

  it(
    'under a quota for two of them the others replay, and all say what they say alone',
    async () => {
      const park = { folder: join(bench.folder, 'tight'), quotaBytes: 500 * cellBytes };
      const card = await bench.card(NANO, { ...budget(), park });
      const run = await runReshaping(card, known, [wide, { ...wide, lanes: [{ slots: 6, cells: 512 }] }], 50);
      expectAsAlone(run);
      const replayed = [...run.ends.values()].map(({ finish }) => finish?.accounting.replayedTokens ?? 0);
      expect(Math.max(...replayed)).toBeGreaterThan(0);
      expect(card.parked()).toEqual({ sessions: 0, bytes: 0 });
    },
    5 * MINUTE_MS,
  );

  it('has its old shape again where the new one cannot be made, and goes on', async () => {
    const card = await bench.card(NANO, budget());
    for (const { job } of known) expect(card.admit(job)).toBeUndefined();
    const reports = [];
    for (let step = 0; step < 30; step++) reports.push(...(await card.step()));
    const shapeNow = () => card.lanes().map(({ slots, cells_per_slot }) => [slots.length, cells_per_slot]);
    const shape = shapeNow();
    const tooMuch: Shape = { lanes: [{ slots: 7, cells: 768 }], poolSessions: 1 };
    const { refused } = await reshaped(card, tooMuch, reports);
    expect(refused).toMatch(/^the lanes took .* MiB of KV cache, as measured; the budget is .* MiB$/);
    expect(shapeNow()).toEqual(shape);
    expect(card.totals().reshapes).toBe(0);
    while (card.sessions() > 0) reports.push(...(await card.step()));
    const texts = reports.flatMap((report) =>
      report.kind === 'finish' ? [[report.jobId, report.text]] : [],
    );
    expect(new Map(texts as [string, string][])).toEqual(
      new Map(known.map(({ job, text }) => [job.jobId, text])),
    );
  });

  it(
    'knows a lane that is gone no more, and takes what names a new one',
    async () => {
      const card = await bench.card(NANO, budget());
      await reshaped(card, mixed, []);
      const [job] = known;
      if (job === undefined) throw new Error('no job');
      expect(card.admit({ ...job.job, lane: 0 })).toEqual({ code: 'unknown-lane', lane: 0 });
      expect(card.sessions()).toBe(0);
      expect(card.lanes().map(({ lane }) => lane)).toEqual([1, 2]);
      expect(card.admit({ ...job.job, lane: 2 })).toBeUndefined();
      expect(card.evict(job.job.jobId)).toBeDefined();
    },
    5 * MINUTE_MS,
  );

  it(
    'ends a session that was cancelled before, and takes one out that is parked',
    async () => {
      const card = await bench.card(NANO, budget());
      for (const { job } of known) card.admit(job);
      for (let step = 0; step < 20; step++) await card.step();
      card.cancel('q0');
      const reports: Parameters<typeof card.reshape>[1] = [];
      const plan = { ...few, kvBudgetBytes: card.kvBudgetBytes, kvBytesPerCell: cellBytes };
      await card.reshape({ ...plan, lanes: [{ slots: 2, cells: 512 }] }, reports);
      expect(reports.filter(({ kind }) => kind === 'finish')).toEqual([
        expect.objectContaining({ jobId: 'q0', reason: 'cancelled' }),
      ]);
      expect(card.parked().sessions).toBe(3);
      for (const { job } of known.slice(1))
        expect(card.evict(job.jobId)?.sampled.length).toBeGreaterThanOrEqual(0);
      expect(card.sessions()).toBe(0);
      expect(card.parked()).toEqual({ sessions: 0, bytes: 0 });
    },
    5 * MINUTE_MS,
  );
});
