import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bench } from './testing/card.fixture';
import { type Known, knownOn, NANO } from './testing/crowd.fixture';
import { whyNoPools } from './testing/pooled.fixture';
import { runReshaping, type Shape } from './testing/reshaping.fixture';

const missing = whyNoPools();
const MINUTE_MS = 60_000;

describe.skipIf(missing !== undefined)(
  `a card that goes from slots to pools and back in the midst of its sessions${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    const bench = new Bench();
    let known: Known[];
    beforeAll(async () => {
      // The first card of a process decides which library is loaded.
      const roomy = await bench.card(NANO, { lanes: [{ slots: 1, cells: 2048 }], poolSessions: 2 });
      known = (await knownOn(roomy)).slice(0, 6);
    }, 5 * MINUTE_MS);
    afterEach(() => bench.expectSoundCards());
    afterAll(() => bench.close());

    it(
      'lets each say what it says alone',
      async () => {
        const pools: Shape = { lanes: [{ slots: 2, cells: 1536 }], poolSessions: 4 };
        const one: Shape = { lanes: [{ slots: 1, cells: 2560 }], poolSessions: 8 };
        const slots: Shape = { lanes: [{ slots: 6, cells: 512 }], poolSessions: 1 };
        const card = await bench.card(NANO, { lanes: [{ slots: 3, cells: 1024 }], poolSessions: 2 });
        const run = await runReshaping(card, known, [slots, pools, one], 40);
        for (const { job, text } of known)
          expect([job.jobId, run.ends.get(job.jobId)?.finish?.text]).toEqual([job.jobId, text]);
        expect(run.reshapes).toBeGreaterThan(3);
      },
      5 * MINUTE_MS,
    );
  },
);
