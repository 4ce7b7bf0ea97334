import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openCard } from './open-card';
import { Bench, DEFAULTS, request, runAlone } from './testing/card.fixture';

const { lanes: _, ...WITHOUT_LANES } = DEFAULTS;

describe('a card', () => {
  const bench = new Bench();
  afterEach(() => {
    bench.expectSoundCards();
  });
  afterAll(() => bench.close());

  it('shows what the engine rounds up, and what its lanes cost as measured', async () => {
    const card = await bench.card(bench.model('rounded', { gists: 2 }), {
      lanes: [
        { slots: 3, cells: 300 },
        { slots: 1, cells: 1024 },
      ],
    });
    const [narrow, wide] = card.lanes();
    expect(narrow).toMatchObject({ cells_per_slot: 512, cells_per_slot_requested: 300 });
    expect(narrow?.slots).toHaveLength(3);
    expect(wide).toMatchObject({ cells_per_slot: 1024, cells_per_slot_requested: 1024 });
    expect(card.model).toMatchObject({
      method: 'lightthinker',
      gist_count: 2,
      kv_bytes_per_cell: 512,
      largest_slot_cells: 1024,
    });
    expect(card.kvBytes).toBe((3 * 512 + 1024) * 512);
  });

  it('steps two lanes together', async () => {
    const card = await bench.card(bench.model('two-lanes', { gists: 2 }), {
      lanes: [
        { slots: 2, cells: 256 },
        { slots: 1, cells: 512 },
      ],
    });
    const narrow = request('narrow');
    const wide = request('wide', { lane: 1 });
    const alone = [(await runAlone(card, narrow)).finish?.text, (await runAlone(card, wide)).finish?.text];
    card.admit(narrow);
    card.admit(wide);
    const texts = new Map<string, string>();
    while (card.sessions() > 0) {
      for (const report of await card.step())
        if (report.kind === 'finish') texts.set(report.jobId, report.text);
    }
    expect([texts.get('narrow'), texts.get('wide')]).toEqual(alone);
  });

  it('makes by default as many slots for default jobs as the budget holds', async () => {
    const path = bench.model('defaults', { gists: 2 });
    const card = await openCard({ ...WITHOUT_LANES, modelPath: path, kvBudgetBytes: 5 * 512 * 512 + 1 });
    if (!card.ok) throw new Error(card.refused.reason);
    expect(card.card.lanes().map((lane) => [lane.slots.length, lane.cells_per_slot])).toEqual([[3, 768]]);
    expect(card.card.kvBytes).toBeLessThanOrEqual(card.card.kvBudgetBytes);
    await card.card.dispose();
    const roomy = await bench.card(path, { lanes: [{ slots: 32, cells: 512 }] });
    expect(roomy.lanes()[0]?.slots).toHaveLength(32);
  });

  it('takes its default limits from the metadata, and the caller overrides them', async () => {
    const path = bench.model('limits', {
      gists: 2,
      metadata: new Map([['gistpool.max_tokens', { type: 'u32', value: 300 }]]),
    });
    const card = await bench.card(path, { defaultLimits: { max_thoughts: 7 } });
    expect(card.model.default_limits).toEqual({ max_tokens: 300, max_thoughts: 7, max_thought_tokens: 64 });
  });

  it.each([
    ['plain model as vanilla', {}, 'vanilla'],
    [
      'a window model',
      { metadata: new Map([['gistpool.method', { type: 'string', value: 'window' } as const]]) },
      'window',
    ],
  ] as const)('serves a %s', async (_name, model, method) => {
    const card = await bench.card(bench.model(method, model));
    expect(card.model.method).toBe(method);
    const limits = { max_tokens: 150, max_thoughts: 3, max_thought_tokens: 150 };
    const outcome = await runAlone(card, request('plain', { limits }));
    expect(outcome.finish).toMatchObject({
      reason: 'max_tokens',
      thoughts: [],
      accounting: { generatedTokens: 150, compressions: 0 },
    });
    expect(outcome.finish?.answer).toBe(outcome.finish?.text);
  });

  it.each(['f32', 'f16', 'q8_0'] as const)('keeps its cache as %s', async (kvType) => {
    const card = await bench.card(bench.model('types', { gists: 2, width: 128, heads: 4 }), {
      kvType,
      flashAttention: true,
    });
    const bytes = { f32: 4, f16: 2, q8_0: 34 / 32 }[kvType];
    expect(card.model.kv_bytes_per_cell).toBe(2 * 2 * 32 * 2 * bytes);
    expect((await runAlone(card, request('typed'))).finish?.reason).toBe('max_tokens');
  });

  it('stops an answer at a stop string, and never shows a part of it', async () => {
    const card = await bench.card(bench.model('stops'));
    const limits = { max_tokens: 100, max_thoughts: 3, max_thought_tokens: 100 };
    const whole = (await runAlone(card, request('whole', { limits, prompt: 'go' }))).finish?.text ?? '';
    const stop = whole.slice(40, 46);
    const cut = await runAlone(
      card,
      request('cut', { limits, prompt: 'go', sampling: { stop: [stop, 'never said'] } }),
    );
    expect(cut.finish).toMatchObject({ reason: 'stop', answer: whole.slice(0, whole.indexOf(stop)) });
    expect(cut.text).toBe(cut.finish?.answer);
  });

  it('repeats, forbids and favours tokens as it is told', async () => {
    const card = await bench.card(bench.model('biases'));
    const limits = { max_tokens: 20, max_thoughts: 3, max_thought_tokens: 20 };
    const favoured = await runAlone(
      card,
      request('favoured', { limits, sampling: { logit_bias: { 97: 100, 256: -100, 258: -100 } } }),
    );
    expect(favoured.finish?.text).toBe('a'.repeat(20));
    const bored = { logit_bias: { 97: 60, 98: 59, 256: -100, 258: -100 }, repeat_penalty: 4 };
    const varied = await runAlone(card, request('varied', { limits, sampling: bored }));
    expect(varied.finish?.text).toContain('b');
  });

  it('is silent but for compressions and ends when no text is wanted', async () => {
    const card = await bench.card(bench.model('quiet', { gists: 2 }), { reportsText: false });
    const outcome = await runAlone(card, request('quiet'));
    expect(new Set(outcome.reports.map((report) => report.kind))).toEqual(new Set(['compression', 'finish']));
  });
});
