import { isTerminal } from '@gistpool/contracts';
import { namesFor } from '@gistpool/queue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from './chaos/catalogue';
import { ChaosPool } from './chaos/chaos-pool';
import type { PartName } from './chaos/fault-plan';
import { eventually } from './support/conditions';

const MINUTE_MS = 60_000;
/** What `up` gives its children; a pod's grace is longer. */
const GRACE_MS = 12_000;
const names = namesFor('gistpool');

describe('a pool of which a part is told to end in the midst of work', () => {
  let pool: ChaosPool;

  beforeAll(async () => {
    pool = await ChaosPool.start('single');
  }, 6 * MINUTE_MS);

  afterAll(() => pool.remove(), MINUTE_MS);

  it.each(['worker-0', 'scheduler-0', 'scheduler-1', 'api', 'worker-1'] satisfies PartName[])(
    '%s ends with 0 within the grace; every job completes, once, and none has lost an attempt',
    async (name) => {
      const jobs = (await catalogue()).slice(0, 6);
      const ids = await Promise.all(jobs.map((job, at) => pool.submit(job, `${name}-${at}`)));
      const isAtWork = async () => {
        const states = await Promise.all(ids.map((id) => pool.stateOf(id)));
        return states.some((state) => state === 'thinking');
      };
      await eventually('a job is at work', isAtWork, 2 * MINUTE_MS);

      const askedAtMs = performance.now();
      const end = await pool.part(name).end('SIGTERM');
      expect(end).toMatchObject({ code: 0, signal: null });
      expect(performance.now() - askedAtMs).toBeLessThan(GRACE_MS);

      for (const id of ids) {
        const ended = await eventually(
          'the job ends',
          async () => {
            const job = await pool.job(id);
            return isTerminal(job.state) && job;
          },
          3 * MINUTE_MS,
        );
        expect(ended.state).toBe('completed');
        const states = (await pool.story(id)).flatMap((event) =>
          event.type === 'state' ? [event.state] : [],
        );
        expect(states.filter(isTerminal)).toEqual(['completed']);
        expect(states).not.toContain('retrying');
        const [crashes, failedAttempts] = await pool.redis.client.hmget(
          names.record(id),
          'crashes',
          'failedAttempts',
        );
        expect([crashes, failedAttempts]).toEqual(['0', '0']);
      }
      await pool.isWhole();
      expect(pool.surprises()).toEqual([]);
    },
    8 * MINUTE_MS,
  );
});
