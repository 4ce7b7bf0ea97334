import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from './chaos/catalogue';
import { ChaosPool } from './chaos/chaos-pool';
import type { PartName } from './chaos/fault-plan';
import { eventually } from './support/conditions';
import { removeFolder, ROOT } from './support/gistpool';
import { buildPreviousRelease, hasPreviousRelease, previousRelease } from './upgrade/previous-build';

const MINUTE_MS = 60_000;
const NEW_DIST = join(ROOT, 'dist');
const JOBS_AT_A_TIME = 3;
/** As a rollout goes: for a while there is one of each release of everything that there are two of. */
const ORDER: readonly PartName[] = ['worker-0', 'scheduler-1', 'worker-1', 'scheduler-0', 'api'];

const isThere = hasPreviousRelease();
if (!isThere)
  process.stderr.write(
    `SKIP upgrade from the release before: this checkout's history does not hold ${previousRelease()} (a shallow clone?)\n`,
  );

describe.skipIf(!isThere)(`an upgrade from ${previousRelease().slice(0, 7)} with jobs running`, () => {
  let pool: ChaosPool;
  let oldDist = '';
  let folder = '';
  let sent = 0;
  const ids: string[] = [];

  const send = async () => {
    const jobs = await catalogue();
    for (let at = 0; at < JOBS_AT_A_TIME; at++) {
      const job = jobs[sent % jobs.length];
      if (job !== undefined) ids.push(await pool.submit(job, `upgrade-${sent++}`));
    }
  };

  /** One after the other, each with jobs at work and waiting. */
  const roll = async (dist: string) => {
    for (const name of ORDER) {
      await send();
      const part = pool.part(name);
      part.use(dist);
      expect(await part.end('SIGTERM'), name).toMatchObject({ code: 0 });
      await pool.isWhole();
    }
    await send();
  };

  const allComplete = async () => {
    for (const id of ids) {
      const state = await eventually(
        'the job ends',
        async () => {
          const now = await pool.stateOf(id);
          return now !== undefined && ['completed', 'failed', 'cancelled', 'expired'].includes(now) && now;
        },
        4 * MINUTE_MS,
      );
      expect(state, `${id}: ${state === 'completed' ? '' : JSON.stringify((await pool.job(id)).error)}`).toBe('completed');
    }
    for (const id of ids) {
      const ends = (await pool.story(id)).filter(
        (event) => event.type === 'state' && event.state === 'completed',
      );
      expect(ends, id).toHaveLength(1);
    }
  };

  beforeAll(async () => {
    const built = await buildPreviousRelease();
    if (!built.ok) throw new Error(built.reason);
    ({ dist: oldDist, folder } = built);
    pool = await ChaosPool.start('single', oldDist);
  }, 8 * MINUTE_MS);

  afterAll(async () => {
    await pool.remove();
    await removeFolder(folder);
  }, MINUTE_MS);

  it(
    'loses none and ends each once, with old parts beside new ones on one Redis',
    async () => {
      await roll(NEW_DIST);
      await allComplete();
      expect(pool.surprises()).toEqual([]);
    },
    12 * MINUTE_MS,
  );

  it(
    'and so does the way back',
    async () => {
      await roll(oldDist);
      await allComplete();
      expect(pool.surprises()).toEqual([]);
    },
    12 * MINUTE_MS,
  );
});
