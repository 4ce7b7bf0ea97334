import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LaneCard } from './card';
import { Bench, ENDLESS, outcomes, request, runAll, runAlone } from './testing/card.fixture';
import type { SessionReport } from './types';

describe('sessions of a lane', () => {
  const bench = new Bench();
  let card: LaneCard;
  beforeAll(async () => {
    card = await bench.card(bench.model('lightthinker', { gists: 2 }));
  });
  afterEach(() => {
    bench.expectSoundCards();
  });
  afterAll(() => bench.close());

  it('2,000 tokens and more run through a slot of 512 cells', async () => {
    const limits = { max_tokens: 2500, max_thoughts: 120, max_thought_tokens: 24 };
    const positions: number[] = [];
    expect(card.admit(request('long', { limits }))).toBeUndefined();
    const outcome = (
      await runAll(card, (step) => {
        if (step % 100 === 0) positions.push(card.check().length);
      })
    ).get('long');
    expect(outcome?.finish?.accounting.generatedTokens).toBe(2500);
    expect(outcome?.finish?.accounting.compressions).toBeGreaterThanOrEqual(100);
    expect(outcome?.finish?.accounting.peakCells).toBeLessThanOrEqual(512);
    expect(positions.length).toBeGreaterThan(20);
    expect(new Set(positions)).toEqual(new Set([0]));
  });

  it('that step together say what each says alone, whatever their lengths', async () => {
    const jobs = [60, 200, 120, 90, 150, 30].map((tokens, index) =>
      request(`job-${String(index)}`, {
        prompt: 'x'.repeat(1 + 17 * index),
        limits: { max_tokens: tokens, max_thoughts: 20, max_thought_tokens: 10 + 5 * index },
      }),
    );
    const alone = new Map<string, string | undefined>();
    for (const job of jobs) alone.set(job.jobId, (await runAlone(card, job)).finish?.text);

    const waiting = [...jobs];
    const reports: SessionReport[] = [];
    while (waiting.length > 0 || card.sessions() > 0) {
      const next = waiting[0];
      if (next !== undefined && card.admit(next) === undefined) waiting.shift();
      reports.push(...(await card.step()));
      expect(card.check()).toEqual([]);
    }
    const together = outcomes(reports);
    for (const job of jobs) expect(together.get(job.jobId)?.finish?.text).toBe(alone.get(job.jobId));
  });

  it('a prompt fed in chunks gives what the whole prompt gives', async () => {
    const small = await bench.card(bench.model('chunks', { gists: 2 }), { prefillChunk: 16 });
    const large = await bench.card(bench.model('chunks', { gists: 2 }), { prefillChunk: 512 });
    const job = request('long-prompt', { prompt: 'the quick brown fox '.repeat(10) });
    expect((await runAlone(small, job)).finish?.text).toBe((await runAlone(large, job)).finish?.text);
  });

  it('decoding never waits for more than one chunk of another prompt', async () => {
    card.admit(request('thinker'));
    await card.step();
    await card.step();
    card.admit(
      request('reader', {
        prompt: 'y'.repeat(300),
        limits: { max_tokens: 20, max_thoughts: 2, max_thought_tokens: 12 },
      }),
    );
    const thinkerSpoke: boolean[] = [];
    for (let step = 0; step < 8; step++) {
      const before = card.totals().generatedTokens;
      await card.step();
      thinkerSpoke.push(card.totals().generatedTokens > before);
    }
    const silences = thinkerSpoke.map((spoke, index) => !spoke && thinkerSpoke[index + 1] === false);
    expect(silences).not.toContain(true);
    card.cancel('thinker');
    card.cancel('reader');
    await card.step();
  });

  it('a cancelled session frees its cells at the next step and reports it', async () => {
    card.admit(request('stays'));
    card.admit(request('goes'));
    for (let step = 0; step < 30; step++) await card.step();
    expect(card.cancel('goes')).toBe(true);
    expect(card.cancel('unknown')).toBe(false);
    const reports = await card.step();
    expect(reports).toContainEqual(
      expect.objectContaining({ jobId: 'goes', kind: 'finish', reason: 'cancelled' }),
    );
    expect(
      card
        .lanes()[0]
        ?.slots.filter((slot) => slot.job !== null)
        .map((slot) => slot.job),
    ).toEqual(['stays']);
    expect(card.check()).toEqual([]);
    const rest = await runAll(card);
    expect(rest.get('stays')?.finish?.reason).toBe('max_tokens');
  });

  it('the highest session moves into a hole and says the same as before', async () => {
    const job = request('high');
    const alone = (await runAlone(card, job)).finish?.text;
    card.admit(request('low'));
    card.admit(job);
    for (let step = 0; step < 40; step++) await card.step();
    card.evict('low');
    const outcome = await runAll(card, (step) => {
      if (step === 1)
        expect(card.lanes()[0]?.slots.map((slot) => slot.job)).toEqual(['high', null, null, null]);
    });
    expect(outcome.get('high')?.finish?.text).toBe(alone);
  });

  it('tells the saw-tooth, the thoughts and their compressions', async () => {
    const outcome = await runAlone(
      card,
      request('teller', { limits: { max_tokens: 100, max_thoughts: 20, max_thought_tokens: 20 } }),
    );
    const kinds = outcome.reports.filter((report) => report.kind !== 'text').map((report) => report.kind);
    expect(kinds.slice(0, 4)).toEqual(['thought', 'compression', 'thought', 'compression']);
    const { finish } = outcome;
    expect(finish?.accounting.generatedTokens).toBe(100);
    expect(finish?.accounting.compressions).toBe(finish?.accounting.thoughts);
    expect(finish?.thoughts).toHaveLength(finish?.accounting.thoughts ?? -1);
    expect(finish?.text.startsWith(finish.thoughts.join(''))).toBe(true);
    expect(finish?.kvBytesAtPeak).toBe((finish?.accounting.peakCells ?? 0) * card.model.kv_bytes_per_cell);
    for (const report of outcome.reports) {
      if (report.kind === 'compression') expect(report.cellsAfter).toBeLessThan(report.cellsBefore);
    }
  });

  it('refuses what does not fit, unknown lanes and a full lane, and disturbs nobody', async () => {
    const prompt = 'why '.repeat(140);
    expect(card.admit(request('wide', { prompt }))).toMatchObject({ code: 'does-not-fit', slotCells: 512 });
    expect(card.admit(request('lost', { lane: 3 }))).toEqual({ code: 'unknown-lane', lane: 3 });
    for (let index = 0; index < 4; index++)
      expect(card.admit(request(`full-${String(index)}`))).toBeUndefined();
    expect(card.admit(request('fifth'))).toEqual({ code: 'no-free-slot', lane: 0 });
    for (let index = 0; index < 4; index++) card.cancel(`full-${String(index)}`);
    await card.step();
    expect(card.sessions()).toBe(0);
    expect(await card.step()).toEqual([]);
  });

  it.each([true, false])(
    'a session that outgrows the widest slot is handed back alone, with what it needs (looks ahead: %s)',
    async (looksAhead) => {
      const tight = await bench.card(bench.model('tight'), {
        lanes: [{ slots: 3, cells: 256 }],
        looksAhead,
      });
      const job = request('neighbour', {
        limits: { max_tokens: 150, max_thoughts: 5, max_thought_tokens: 150 },
      });
      const alone = (await runAlone(tight, job)).finish?.text;
      tight.admit(request('first', job));
      const wide = { max_tokens: 500, max_thoughts: 5, max_thought_tokens: 500 };
      tight.admit(request('wide', { prompt: 'why '.repeat(40), limits: wide }));
      tight.admit(job);
      const outcome = await runAll(tight);
      const left = outcome.get('wide')?.reports.find((report) => report.kind === 'outgrown');
      if (left?.kind !== 'outgrown') throw new Error('it did not leave');
      expect(left.peakCells).toBe(257);
      expect(left.checkpoint.sampled.length).toBeGreaterThan(10);
      expect(outcome.get('neighbour')?.finish?.text).toBe(alone);
      expect(tight.check()).toEqual([]);
    },
  );

  it('check() names the difference when a cell is removed behind its back', async () => {
    const watched = await bench.card(bench.model('watched', { gists: 2 }));
    watched.admit(request('watched'));
    for (let step = 0; step < 10; step++) await watched.step();
    expect(watched.check()).toEqual([]);
    watched.contextOf(0).evict(0, 3, 4);
    const [difference, ...others] = watched.check();
    const cells = watched.lanes()[0]?.slots[0]?.live_cells ?? 0;
    expect(difference).toBe(`lane 0, live cells: ledger ${String(cells)}, engine ${String(cells - 1)}`);
    expect(others).toEqual([]);
    watched.evict('watched');
    expect(watched.check()).toEqual([]);
  });

  it('never samples a gist or a continue', async () => {
    const gist = 260;
    const outcome = await runAlone(
      card,
      request('gist', { sampling: { logit_bias: { ...ENDLESS, [gist]: 100 } } }),
    );
    const compression = outcome.reports.findLast((report) => report.kind === 'compression');
    expect(compression?.kind === 'compression' && compression.checkpoint.sampled).not.toContain(gist);
  });
});
