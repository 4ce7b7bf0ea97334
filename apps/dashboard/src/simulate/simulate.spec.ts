import { describe, expect, it } from 'vitest';
import { courseOf, servedOf, verdictOf } from './compare';
import { addressOf, DEFAULT, nearest, questionOf, STEPS } from './question';
import { whatIf, type Told, type WayOutcome } from './what-if';

const ask = (change: Partial<typeof DEFAULT>) => {
  const told: Told[] = [];
  const outcomes = [...whatIf({ ...DEFAULT, jobs: 50, ...change }, undefined, (one) => told.push(one))];
  return { outcomes, told };
};
const figuresOf = (outcomes: readonly WayOutcome[], id: string) =>
  outcomes.find(({ way }) => way.id === id)?.outcome?.figures;

describe('a question', () => {
  it('is what its address says, and the address says no more than differs from the usual', () => {
    expect(addressOf(DEFAULT).toString()).toBe('');
    expect(questionOf(new URLSearchParams())).toEqual(DEFAULT);
    const other = {
      ...DEFAULT,
      trace: 'own:nano',
      cards: 8,
      kvMib: 64,
      eps: 0.05,
      ways: ['gistpool', 'oracle'] as const,
    };
    expect(questionOf(addressOf(other))).toEqual(other);
  });

  it('takes the nearest step for what is not one, and the usual for what is wrong', () => {
    const asked = questionOf(new URLSearchParams('cards=5&kvMib=-3&eps=x&trace=no&ways=none'));
    expect(asked).toEqual({ ...DEFAULT, cards: 6, kvMib: 1 });
    expect(nearest(STEPS.kvMib, 70)).toBe(64);
  });
});

describe('what if', () => {
  it('simulates each way, compressing and not, and tells how far it is', () => {
    const { outcomes, told } = ask({ ways: ['gistpool', 'reserve-max', 'vanilla'], kvMib: 1024, cards: 1 });
    expect(outcomes.map(({ way }) => way.id)).toEqual(['gistpool', 'reserve-max', 'vanilla']);
    for (const { outcome } of outcomes) expect(outcome?.figures.completed).toBe(50);
    const sessions = (id: string) => figuresOf(outcomes, id)?.sessions_per_card ?? 0;
    expect(sessions('gistpool')).toBeGreaterThan(2 * sessions('vanilla'));
    expect(sessions('vanilla')).toBeGreaterThan(sessions('reserve-max'));
    const shares = told.map(({ share }) => share);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1, 1);
    expect(verdictOf(servedOf(outcomes))).toMatch(/^gistpool takes 0\.\d\d times as long as/);
    const { x, cells, waiting } = courseOf(servedOf(outcomes));
    for (const line of [...cells, ...waiting]) expect(line).toHaveLength(x.length);
    expect(Math.max(...(waiting[1] ?? []).map(Number))).toBeGreaterThan(30);
  }, 180_000);

  it('says of a way that it cannot serve the jobs where a card is too small for one of them', () => {
    const { outcomes } = ask({ ways: ['known-peak', 'vanilla'], kvMib: 256 });
    expect(outcomes.map(({ problem }) => problem)).toEqual([
      undefined,
      expect.stringMatching(/the widest of these jobs holds [\d,]+ cells, a card 4,681/),
    ]);
  });

  it('is refused for a model that the pool does not know', () => {
    expect(() => ask({ trace: 'own:none' })).toThrow(/does not know the model none/);
  });
});
