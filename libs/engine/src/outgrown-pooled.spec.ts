import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench } from './testing/card.fixture';
import { expectAllAsAlone, type Known, knownOn, NANO, runCrowded } from './testing/crowd.fixture';
import { whyNoPools } from './testing/pooled.fixture';

const missing = whyNoPools();

describe.skipIf(missing !== undefined)(
  `three jobs per slot of two pools, placed by half of what they hold${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    const bench = new Bench();
    let known: Known[];
    beforeAll(async () => {
      // The first card of a process decides which library is loaded.
      const roomy = await bench.card(NANO, { lanes: [{ slots: 1, cells: 2048 }], poolSessions: 2 });
      known = await knownOn(roomy);
    }, 300_000);
    afterAll(() => bench.close());

    it.each([true, false])(
      'all complete, and each says what it says alone (looks ahead: %s)',
      async (looksAhead) => {
        const lanes = [{ slots: 2, cells: 512 }];
        const card = await bench.card(NANO, { lanes, poolSessions: 2, looksAhead });
        expect(card.lanes().map(({ shared_cells }) => shared_cells)).toEqual([511, 511]);
        let hasWaited = false;
        const run = await runCrowded(card, known, () => {
          hasWaited ||= card.lanes().some(({ slots }) => slots.some(({ waits }) => waits));
        });
        expectAllAsAlone(run, known);
        expect(run.moved + run.parked + run.outgrown).toBeGreaterThan(0);
        // Who looks ahead lets some wait for room, and their slots tell it.
        expect(hasWaited || !looksAhead).toBe(true);
      },
      300_000,
    );
  },
);
