import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Card, OtherLanes, Reshaped } from '@gistpool/engine';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { aLongJob, aRealCard, TestPool } from './testing.fixture';
import type { Keeper } from './worker';

const MINUTE_MS = 60_000;

/** Wants the lanes that the test wants. */
class TestKeeper implements Keeper {
  wanted: OtherLanes | undefined;
  readonly outcomes: Reshaped[] = [];

  start(): void {
    // Nothing is read.
  }

  stop(): void {
    // Nothing was started.
  }

  look(): OtherLanes | undefined {
    const { wanted } = this;
    this.wanted = undefined;
    return wanted;
  }

  done(_: OtherLanes, reshaped: Reshaped): void {
    this.outcomes.push(reshaped);
  }
}

describe('a worker whose card takes other lanes', () => {
  let folder: string;
  let card: Card;
  let pool: TestPool;
  const keeper = new TestKeeper();
  const long = { ...aLongJob(160), predictedPeakCells: 300 };
  let expected: string | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gistpool-reshape-'));
    const park = { folder, quotaBytes: 2 ** 26 };
    card = await aRealCard({ lanes: [{ slots: 4, cells: 1024 }], park });
    pool = await TestPool.start();
    await pool.startWorker(card, 'reshapes', keeper);
    const alone = await pool.submit(long);
    await pool.untilEnd(alone);
    expected = (await pool.resultOf(alone))?.text;
    expect(expected).toBeTruthy();
  }, 5 * MINUTE_MS);
  afterAll(async () => {
    await pool.stop();
    expect(card.check()).toEqual([]);
    await card.dispose();
    await rm(folder, { recursive: true });
  });

  function lanes(slots: number, cells: number): OtherLanes {
    const rate = { sessions: slots, tokensPerSecond: slots };
    const { kvBudgetBytes, model } = card;
    const kvBytesPerCell = model.kv_bytes_per_cell;
    const plan = { lanes: [{ slots, cells }], poolSessions: 1, kvBudgetBytes, kvBytesPerCell };
    return { plan, from: '', to: `${slots}x${cells}`, present: rate, planned: rate, reshapeMs: 0 };
  }

  async function underWay(jobs: number): Promise<string[]> {
    const ids = await Promise.all(Array.from({ length: jobs }, () => pool.submit(long)));
    for (const id of ids) await pool.until(id, ({ type }) => type === 'compression');
    return ids;
  }

  async function expectUndisturbed(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const events = await pool.untilEnd(id);
      expect((await pool.resultOf(id))?.text).toBe(expected);
      expect(events.flatMap((event) => (event.type === 'state' ? [event.state] : []))).not.toContain(
        'failed',
      );
      const job = await pool.jobs.get(id);
      expect(job).toMatchObject({ crashes: 0, usage: { resumes: 0 } });
    }
  }

  const changes = (count: number) =>
    vi.waitUntil(() => keeper.outcomes.length === count, { interval: 5, timeout: 2 * MINUTE_MS });

  it(
    'changes them under its jobs: each says what it says undisturbed, and the fleet places on the new ones',
    async () => {
      const ids = await underWay(4);
      keeper.wanted = lanes(9, 512);
      await changes(1);
      expect(keeper.outcomes[0]).toMatchObject({ sessions: 4 });
      const more = await underWay(5);
      await expectUndisturbed([...ids, ...more]);
      expect(card.lanes().map(({ lane, slots }) => [lane, slots.length])).toEqual([[1, 9]]);
    },
    5 * MINUTE_MS,
  );

  it(
    'keeps the old ones where the new cannot be made, and goes on',
    async () => {
      const ids = await underWay(3);
      // A little more than the budget.
      keeper.wanted = lanes(8, Math.ceil(card.kvBudgetBytes / card.model.kv_bytes_per_cell / 8) + 256);
      await changes(2);
      expect(keeper.outcomes[1]?.refused).toBeDefined();
      await expectUndisturbed(ids);
      await expectUndisturbed([await pool.submit(long)]);
    },
    5 * MINUTE_MS,
  );

  it(
    'hands a job back that was placed on a lane that is gone; it is placed anew, and nothing is lost or counted against it',
    async () => {
      const admit = card.admit.bind(card);
      const spy = vi.spyOn(card, 'admit').mockImplementationOnce((request) => admit({ ...request, lane: 0 }));
      const id = await pool.submit(long);
      await expectUndisturbed([id]);
      expect(spy.mock.results[0]?.value).toEqual({ code: 'unknown-lane', lane: 0 });
      const states = (await pool.untilEnd(id)).flatMap((event) =>
        event.type === 'state' ? [event.state] : [],
      );
      expect(states.filter((state) => state === 'placed')).toHaveLength(2);
    },
    5 * MINUTE_MS,
  );
});
