import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPooledLibrary } from '@gistpool/engine/pooled-library';
import { eventually } from './support/conditions';
import { MODEL } from './support/gistpool';
import { ramblingJob, RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;
const found = findPooledLibrary('cpu');

describe.skipIf(!found.ok)(`a pool that chooses its lanes${found.ok ? '' : ` (${found.reason})`}`, () => {
  let pool: RunningPool;
  beforeAll(async () => {
    pool = await RunningPool.start({
      args: ['--model', MODEL, '--lanes', 'auto', '--kv-budget-mib', '4'],
      env: { GISTPOOL_ADMISSION: 'predicted', GISTPOOL_EPS: '0.1' },
    });
  }, 5 * MINUTE_MS);
  afterAll(() => pool.remove());

  it(
    'has more sessions at once after a first batch has shown what they hold, and loses none',
    async () => {
      const card = async () => {
        const [only] = (await pool.fleet()).cards;
        if (only === undefined) throw new Error('the card is gone');
        return only;
      };
      const first = await runBatch(40);
      const changed = await eventually(
        'the lanes are re-shaped by what was learnt',
        async () => {
          const now = await card();
          return (now.reshapes_total ?? 0) > 0 && now.state === 'ready' && now;
        },
        3 * MINUTE_MS,
      );
      const second = await runBatch(60);
      expect(second.most).toBeGreaterThan(first.most);
      expect(changed.kv_bytes).toBeLessThanOrEqual(changed.kv_budget_bytes);

      async function runBatch(jobs: number): Promise<{ most: number }> {
        const receipt = await pool.submitBatch(
          Array.from({ length: jobs }, (_, seed) => ramblingJob(60, seed)),
        );
        expect(receipt).toMatchObject({ accepted: jobs, rejected: 0 });
        let most = 0;
        const watch = eventually(
          'the batch ends',
          async () => {
            const { lanes } = await card();
            const busy = lanes.flatMap(({ slots }) => slots).filter(({ job }) => job !== null).length;
            most = Math.max(most, busy);
            return isOver;
          },
          10 * MINUTE_MS,
        );
        let isOver = false;
        const ended = await pool.untilEnded(receipt.id, 8 * MINUTE_MS).finally(() => (isOver = true));
        await watch;
        expect(ended.map(({ state }) => state)).toEqual(Array.from({ length: jobs }, () => 'completed'));
        return { most };
      }
    },
    20 * MINUTE_MS,
  );
});
