import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Card } from '@gistpool/engine';
import { aLongJob, aRealCard, TestPool } from './testing.fixture';

describe('a worker whose slots are narrower than its jobs', () => {
  const CELLS = 256;
  let pool: TestPool;
  let card: Card;

  beforeAll(async () => {
    [pool, card] = await Promise.all([TestPool.start(), aRealCard({ slots: 2, cells: CELLS })]);
    await pool.startWorker(card, 'start-1');
  });

  afterAll(async () => {
    await pool.stop();
    await card.dispose();
  });

  async function cellsToldFor(id: string): Promise<number | undefined> {
    const job = await vi.waitUntil(
      async () => {
        const record = await pool.jobs.get(id);
        return record?.peakCells === undefined ? false : record;
      },
      { interval: 10, timeout: 60_000 },
    );
    expect(job.state).not.toBe('failed');
    await pool.jobs.cancel(id);
    await pool.untilEnd(id);
    expect((await pool.jobs.get(id))?.state).toBe('cancelled');
    return job.peakCells;
  }

  it('hands a session back that grew beyond its slot, with its checkpoint and the cells it needs', async () => {
    const limits = { max_tokens: 9000, max_thoughts: 1, max_thought_tokens: 9000 };
    const id = await pool.submit({ ...aLongJob(9000), limits });
    expect(await cellsToldFor(id)).toBeGreaterThan(CELLS);
  });

  it('hands a job back whose prompt alone is wider than its slot, with the cells it needs', async () => {
    const messages = [{ role: 'user' as const, content: 'why is it so '.repeat(200) }];
    const id = await pool.submit({ messages });
    expect(await cellsToldFor(id)).toBeGreaterThan(CELLS);
  });
});
