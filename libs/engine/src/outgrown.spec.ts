import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench } from './testing/card.fixture';
import { expectAllAsAlone, JOBS, type Known, knownOn, NANO, runCrowded } from './testing/crowd.fixture';

describe('three jobs per slot, placed by half of what they hold', () => {
  const bench = new Bench();
  const lanes = [
    { slots: 3, cells: 256 },
    { slots: 1, cells: 512 },
  ];
  let known: Known[];
  let cellBytes: number;

  beforeAll(async () => {
    const roomy = await bench.card(NANO, { lanes: [{ slots: 1, cells: 1024 }] });
    cellBytes = roomy.model.kv_bytes_per_cell;
    known = await knownOn(roomy);
    const outgrow = known.filter(({ peakCells }) => peakCells > 256);
    expect(Math.min(outgrow.length, JOBS - outgrow.length)).toBeGreaterThan(JOBS / 4);
  }, 300_000);
  afterAll(() => bench.close());

  it('all move, are parked within the quota or are handed back, and each says what it says alone', async () => {
    const folder = join(bench.folder, 'tight');
    const quotaBytes = 600 * cellBytes;
    const card = await bench.card(NANO, { lanes, park: { folder, quotaBytes } });
    let mostBytes = 0;
    const run = await runCrowded(card, known, () => {
      const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      expect(bytes).toBe(card.parked().bytes);
      mostBytes = Math.max(mostBytes, bytes);
    });
    expectAllAsAlone(run, known);
    expect(mostBytes).toBeLessThanOrEqual(quotaBytes);
    expect(Math.min(run.moved, run.parked, run.outgrown)).toBeGreaterThan(0);
  }, 300_000);

  it('all complete when nothing looks ahead and the engine itself finds that cells are missing', async () => {
    const card = await bench.card(NANO, { lanes, looksAhead: false });
    const run = await runCrowded(card, known);
    expectAllAsAlone(run, known);
    expect(Math.min(run.moved, run.parked)).toBeGreaterThan(0);
  }, 300_000);
});
