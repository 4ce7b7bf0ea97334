import { afterAll, describe, expect, it } from 'vitest';
import { openLaneCard } from './open-card';
import { Bench, DEFAULTS, request, runAll } from './testing/card.fixture';

describe('a card that is to share pools where our build of libllama is not there', () => {
  const bench = new Bench();
  process.env['GISTPOOL_ENGINE_CACHE'] = bench.folder;
  afterAll(() => bench.close());

  it('works with one session in each, and says so in one line', async () => {
    const modelPath = bench.model('plain');
    const lanes = [{ slots: 2, cells: 512 }];
    const opened = await openLaneCard({ ...DEFAULTS, modelPath, lanes, poolSessions: 8 });
    if (!opened.ok) throw new Error(opened.refused.reason);
    expect(opened.notice).toMatch(
      /^8 sessions were to share each pool, .*engine build.*; the stock library stays in use, with one session in each$/,
    );
    const { card } = opened;
    expect(card.lanes().map((lane) => [lane.slots.length, lane.cells_per_slot, lane.shared_cells])).toEqual([
      [2, 512, undefined],
    ]);
    expect(
      card.admit(request('job', { limits: { max_tokens: 20, max_thoughts: 4, max_thought_tokens: 20 } })),
    ).toBe(undefined);
    expect((await runAll(card)).get('job')?.finish?.reason).toBe('max_tokens');
    expect(card.check()).toEqual([]);
    await card.dispose();
  });
});
