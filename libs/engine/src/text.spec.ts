import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LaneCard } from './card';
import { Bench, request, runAll } from './testing/card.fixture';
import { type Detokenizer, TextStream, TokenText } from './text';

/** Every token is one byte. */
const bytes: Detokenizer = {
  tokenize: (text) => Uint32Array.from(Buffer.from(text, 'utf8')),
  detokenize: (tokens) => Buffer.from(tokens).toString('utf8'),
};
const tokensOf = (text: string): number[] => [...Buffer.from(text, 'utf8')];

describe('text as it streams', () => {
  const SAMPLE = 'Grüße 😀👩‍👩‍👧 日本語 — naïve ✓';

  it('never breaks a character that is split over tokens', () => {
    const stream = new TextStream(new TokenText(bytes, new Set()), []);
    const pieces = tokensOf(SAMPLE).map((token) => stream.push(token, false));
    expect(pieces.join('') + stream.flush()).toBe(SAMPLE);
    expect(pieces.join('')).not.toContain('\uFFFD');
    expect(pieces.filter((piece) => piece !== '').length).toBe([...SAMPLE].length);
  });

  it('lets broken bytes of the model itself through in the end', () => {
    const stream = new TextStream(new TokenText(bytes, new Set()), []);
    const out = [0xf0, 0x9f, 0x61, 0x62].map((token) => stream.push(token, false)).join('');
    expect(out.endsWith('ab')).toBe(true);
  });

  it('holds back what may become a stop string, and gives it when it does not', () => {
    const stream = new TextStream(new TokenText(bytes, new Set()), ['STOP']);
    const pieces = tokensOf('a STO STOP b').map((token) => stream.push(token, true));
    expect(pieces).toEqual(['a', ' ', '', '', '', 'STO ', '', '', '', '', '', '']);
    expect(stream.isStopped).toBe(true);
    expect(stream.flush()).toBe('');
  });

  it('shows no hidden token', () => {
    const text = new TokenText(bytes, new Set(tokensOf('|')));
    const stream = new TextStream(text, []);
    expect(tokensOf('a|b').map((token) => stream.push(token, false))).toEqual(['a', '', 'b']);
    expect(text.of(tokensOf('a|b'))).toBe('ab');
  });

  describe('from a model', () => {
    const bench = new Bench();
    let card: LaneCard;
    beforeAll(async () => {
      card = await bench.card(bench.model('speaker', { gists: 2 }));
    });
    afterAll(() => bench.close());

    it('comes out whole, thought by thought', async () => {
      const splitter = 259;
      const said = [...tokensOf('Ein Smiley 😀.\n'), splitter, ...tokensOf('Noch einer: 👋🏽')];
      let next = 0;
      const job = request('speaker', {
        limits: { max_tokens: said.length, max_thoughts: 5, max_thought_tokens: 64 },
      });
      card.admitPrompt(job, tokensOf('sprich'), () => Promise.resolve(said[next++] ?? 0));
      const outcome = (await runAll(card)).get('speaker');
      expect(outcome?.text).toBe('Ein Smiley 😀.\nNoch einer: 👋🏽');
      expect(outcome?.finish).toMatchObject({ text: outcome?.text, thoughts: ['Ein Smiley 😀.\n'] });
      for (const report of outcome?.reports ?? [])
        if (report.kind === 'text') expect(report.text).not.toContain('\uFFFD');
    });
  });
});
