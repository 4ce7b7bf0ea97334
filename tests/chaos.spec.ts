import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChaosRuns } from './chaos/chaos-runs';
import { faultPlan } from './chaos/fault-plan';

const MINUTE_MS = 60_000;
/** A kill of a scheduler, a full disk with Redis restarted, and a damaged checkpoint. More: `./gistpool test --chaos`. */
const SEEDS = [0, 70, 72];

describe('a whole pool under faults', () => {
  let runs: ChaosRuns;

  beforeAll(async () => {
    runs = await ChaosRuns.start('single');
  }, 8 * MINUTE_MS);

  afterAll(() => runs.pool.remove(), MINUTE_MS);

  it.each(SEEDS)(
    'keeps every promise under the faults of seed %i',
    async (seed) => {
      expect((await runs.run(faultPlan(seed))).complaints).toEqual([]);
    },
    8 * MINUTE_MS,
  );
});
