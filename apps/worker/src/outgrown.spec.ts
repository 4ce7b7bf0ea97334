import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Card } from '@gistpool/engine';
import { aLongJob, aRealCard, TestPool, type TestWorker } from './testing.fixture';

describe('a job that needs more cells than was predicted', () => {
  const NARROW = 256;
  const WIDE = 1024;
  const grows = {
    ...aLongJob(240),
    limits: { max_tokens: 240, max_thoughts: 10, max_thought_tokens: 220 },
    predictedPeakCells: 200,
  };
  let folder: string;
  let pool: TestPool;
  let narrow: Card;
  let mixed: Card;
  let worker: TestWorker;
  let expected: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gistpool-outgrown-'));
    pool = await TestPool.start();
    narrow = await aRealCard({ lanes: [{ slots: 2, cells: NARROW }] });
    mixed = await aRealCard({
      lanes: [
        { slots: 3, cells: NARROW },
        { slots: 1, cells: WIDE },
      ],
      park: { folder, quotaBytes: 2 ** 26 },
    });
    worker = await pool.startWorker(mixed, 'mixed-1');
    const id = await pool.submit({ ...grows, predictedPeakCells: WIDE });
    expect(inWords(await pool.untilEnd(id))).toBe('completed');
    expected = (await pool.resultOf(id))?.text ?? '';
    expect((await pool.jobs.get(id))?.usage?.peak_cells).toBeGreaterThan(NARROW);
  }, 180_000);

  afterAll(async () => {
    await pool.stop();
    await narrow.dispose();
    await mixed.dispose();
    await rm(folder, { recursive: true });
  });

  const inWords = (events: Awaited<ReturnType<TestPool['untilEnd']>>) => {
    const last = events.at(-1);
    return last?.type === 'state' ? last.state : undefined;
  };

  async function cellsToldFor(id: string): Promise<number | undefined> {
    const job = await vi.waitUntil(
      async () => {
        const record = await pool.jobs.get(id);
        return record?.peakCells === undefined ? false : record;
      },
      { interval: 10, timeout: 60_000 },
    );
    return job.peakCells;
  }

  it('goes on in a wider slot of its card, in turn if there is but one, and says what it says there from the start', async () => {
    const ids = [await pool.submit(grows), await pool.submit(grows), await pool.submit(grows)];
    for (const id of ids) {
      expect(inWords(await pool.untilEnd(id))).toBe('completed');
      expect((await pool.resultOf(id))?.text).toBe(expected);
      // It was never handed back.
      expect((await pool.jobs.get(id))?.peakCells).toBeUndefined();
    }
  }, 180_000);

  it('is handed back by a card without wider slots, and goes on from its checkpoint on one that has them', async () => {
    await worker.stop();
    worker = await pool.startWorker(narrow, 'narrow-1');
    const id = await pool.submit(grows);
    expect(await cellsToldFor(id)).toBe(NARROW + 1);
    await worker.stop();
    worker = await pool.startWorker(mixed, 'mixed-2');
    expect(inWords(await pool.untilEnd(id))).toBe('completed');
    expect((await pool.resultOf(id))?.text).toBe(expected);
  }, 180_000);

  it('is handed back with the cells it needs when its prompt alone is wider than its slot', async () => {
    await worker.stop();
    worker = await pool.startWorker(narrow, 'narrow-2');
    const messages = [{ role: 'user' as const, content: 'why is it so '.repeat(200) }];
    const id = await pool.submit({ messages, predictedPeakCells: 200 });
    expect(await cellsToldFor(id)).toBeGreaterThan(NARROW);
    expect((await pool.jobs.get(id))?.state).not.toBe('failed');
    await pool.jobs.cancel(id);
    expect(inWords(await pool.untilEnd(id))).toBe('cancelled');
  });
});
