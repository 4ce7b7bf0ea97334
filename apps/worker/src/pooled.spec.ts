import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Card } from '@gistpool/engine';
import { findPooledLibrary } from '@gistpool/engine/pooled-library';
import { aRealCard, TestPool } from './testing.fixture';

const found = findPooledLibrary('cpu');

describe.skipIf(!found.ok)(
  `a worker whose sessions share pools${found.ok ? '' : ` (${found.reason})`}`,
  () => {
    let pool: TestPool;
    let card: Card;

    beforeAll(async () => {
      [pool, card] = await Promise.all([
        TestPool.start(),
        aRealCard({ lanes: [{ slots: 2, cells: 4096 }], poolSessions: 4 }),
      ]);
      await pool.startWorker(card, 'start-1');
    });

    afterAll(async () => {
      await pool.stop();
      await card.dispose();
    });

    it('decodes several jobs in one pool to what each says alone, and has every cell back at the end', async () => {
      const alone = await pool.submit();
      await pool.untilEnd(alone);
      const answer = (await pool.resultOf(alone))?.answer;
      expect(answer).toBeTruthy();

      const ids = await Promise.all(Array.from({ length: 6 }, () => pool.submit()));
      let most = 0;
      const watch = setInterval(() => {
        const [first] = card.lanes();
        most = Math.max(most, first?.slots.filter(({ job }) => job !== null).length ?? 0);
      }, 20);
      try {
        await Promise.all(ids.map((id) => pool.untilEnd(id)));
      } finally {
        clearInterval(watch);
      }
      for (const id of ids) expect((await pool.resultOf(id))?.answer).toBe(answer);
      expect(most).toBeGreaterThan(1);
      expect(card.check()).toEqual([]);
      expect(card.lanes().flatMap((lane) => lane.slots.filter(({ live_cells }) => live_cells > 0))).toEqual(
        [],
      );
    });
  },
);
