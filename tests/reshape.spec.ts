import { findPooledLibrary } from '@gistpool/engine/pooled-library';
import { isTerminal, type CardView } from '@gistpool/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/conditions';
import { MODEL } from './support/gistpool';
import { ramblingJob, RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;
/** On a CPU a second lane of slots is hardly worth its pass; pools are. */
const found = findPooledLibrary('cpu');

describe.skipIf(!found.ok)(`a pool that chooses its lanes${found.ok ? '' : ` (${found.reason})`}`, () => {
  let pool: RunningPool;
  beforeAll(async () => {
    pool = await RunningPool.start({
      // Room for one job of which nothing is known. Planned for sessions: what is planned for speed hangs on how
      // busy the machine is while the steps are timed.
      args: ['--model', MODEL, '--lanes', 'most', '--kv-budget-mib', '4'],
      env: {
        GISTPOOL_ADMISSION: 'predicted',
        GISTPOOL_EPS: '0.1',
        GISTPOOL_LEASE_MS: '10000',
        GISTPOOL_HEARTBEAT_MS: '500',
      },
    });
  }, 5 * MINUTE_MS);
  afterAll(() => pool.remove());

  const card = (): Promise<CardView> =>
    eventually('the card is there', async () => (await pool.fleet()).cards[0]);

  const slotsOf = ({ lanes }: CardView): number => lanes.reduce((sum, { slots }) => sum + slots.length, 0);

  /** Resolves to the most sessions that were seen at once. */
  async function runBatch(jobs: number): Promise<number> {
    const receipt = await pool.submitBatch(Array.from({ length: jobs }, (_, seed) => ramblingJob(60, seed)));
    expect(receipt).toMatchObject({ accepted: jobs, rejected: 0 });
    let most = 0;
    const ended = await eventually(
      'every job of the batch ends',
      async () => {
        most = Math.max(most, (await card()).sessions);
        const all = await pool.batch(receipt.id);
        return all.every(({ state }) => isTerminal(state)) && all;
      },
      8 * MINUTE_MS,
    );
    expect(ended.map(({ state }) => state)).toEqual(Array.from({ length: jobs }, () => 'completed'));
    return most;
  }

  it(
    'has more sessions at once after a first batch has shown what they hold, and loses none',
    async () => {
      const atFirst = slotsOf(await card());
      // The lanes may change while it runs.
      await runBatch(40);
      const changed = await eventually(
        'the lanes are re-shaped by what was learnt',
        async () => {
          const now = await card();
          return (now.reshapes_total ?? 0) > 0 && now.state === 'ready' && now;
        },
        3 * MINUTE_MS,
      );
      expect(changed.kv_bytes).toBeLessThanOrEqual(changed.kv_budget_bytes);
      expect(slotsOf(changed)).toBeGreaterThan(atFirst);
      expect(await runBatch(60)).toBeGreaterThan(atFirst);
    },
    20 * MINUTE_MS,
  );
});
