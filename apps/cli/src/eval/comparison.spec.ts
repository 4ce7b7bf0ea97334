import { describe, expect, it } from 'vitest';
import { compare } from './comparison';
import { comparisonLine, comparisonText } from './comparison-text';
import { recordOf, runOf, usageOf } from './record.fixture';

const ids = ['f-1', 'f-2', 'g-1', 'g-2'];
const records = (peak: number, right: readonly boolean[] = [true, true, true, false]) =>
  ids.map((id, at) =>
    recordOf({
      id,
      family: id.slice(0, 1),
      data_set: id.startsWith('f') ? 'bbh' : 'gsm8k',
      fingerprint: id,
      right: right[at] ?? false,
      answer: String(right[at]),
      usage: usageOf({ peak_cells: peak + at, dep: peak * 10 }),
    }),
  );

describe('comparing runs', () => {
  it('measures each against the vanilla run of its architecture, item by item', () => {
    const { rows } = compare([
      runOf('q-light', records(30, [true, true, false, false])),
      runOf('l-vanilla', records(200), 'vanilla', 'llama'),
      runOf('q-vanilla', records(100), 'vanilla'),
      runOf('l-token', records(100), 'token', 'llama'),
    ]);
    expect(rows.map(({ against }) => against?.baseline)).toEqual([
      'q-vanilla',
      undefined,
      undefined,
      'l-vanilla',
    ]);
    const [light] = rows;
    expect(light?.against).toMatchObject({ items: 4, accuracy: { value: -0.25 }, depRatio: { value: 0.3 } });
    expect(light?.against?.peakRatio.value).toBeCloseTo(31.5 / 101.5, 12);
    expect(rows[3]?.against?.depRatio.value).toBeCloseTo(0.5, 12);
  });

  it('measures against the run that is named', () => {
    const runs = [runOf('a', records(30)), runOf('b', records(100)), runOf('c', records(50))];
    expect(compare(runs, { baseline: 'b' }).rows.map(({ against }) => against?.baseline)).toEqual([
      'b',
      undefined,
      'b',
    ]);
    expect(() => compare(runs, { baseline: 'd' })).toThrow('no run is called d; there are a, b, c');
  });

  it('refuses runs about different items, and says which and how to go on', () => {
    const longer = [...records(30), recordOf({ id: 'h-1' })];
    const a = runOf('a', longer);
    const b = { ...runOf('b', records(100)), info: { ...runOf('b', records(100)).info, items: 5 } };
    expect(() => compare([a, b])).toThrow(
      'a and b are not about the same items: 1 only in a (h-1). b has 4 of its 5 items; start its eval again to go on with it. ' +
        'Compare what they have in common with --common',
    );
    const common = compare([a, b], { isCommonOnly: true });
    expect(common.items).toBe(4);
    expect(common.notes).toEqual(['a: 1 of 5 items left out, which others lack']);
  });

  it('tells questions of the same id apart', () => {
    const other = records(100).map((record) => ({ ...record, fingerprint: 'other' }));
    expect(() => compare([runOf('a', records(30)), runOf('b', other)])).toThrow(
      '4 with the same id but another question or target',
    );
    expect(() => compare([runOf('a', records(30)), runOf('b', other)], { isCommonOnly: true })).toThrow(
      'have no item in common',
    );
  });

  it('counts a failed item as wrong and leaves it out of the means, and says so', () => {
    const [first, ...others] = records(100);
    const failed = { ...(first ?? recordOf()), state: 'failed' as const, right: false, answer: '' };
    const { rows, notes } = compare([runOf('a', [failed, ...others]), runOf('b', records(100))]);
    expect(rows[0]?.accuracy.value).toBe(0.5);
    expect(rows[0]?.peakCells.value).toBe(102);
    expect(notes).toEqual(['a: 1 items not completed; they count as wrong']);
  });

  it('warns when the runs were not asked alike', () => {
    const b = runOf('b', records(100));
    const { notes } = compare([runOf('a', records(30)), { ...b, info: { ...b.info, prompt: 'paper' } }]);
    expect(notes).toEqual([
      'the runs were not asked alike: prompt bare, samples 1, temperature 0; prompt paper, samples 1, temperature 0',
    ]);
  });

  it("prints the paper's columns with their intervals, and the same as JSON", () => {
    const comparison = compare([runOf('light', records(30)), runOf('vanilla', records(100), 'vanilla')]);
    const text = comparisonText(comparison);
    expect(text).toMatch(
      /^model +mode +accuracy % +time s +ms an item +peak cells +Dep +generated +compressions\n/,
    );
    expect(text).toMatch(/light +lightthinker +75\.0 \[30\.1, 95\.4\]/);
    expect(text).toMatch(/light +vanilla +0\.0 \[-?\d/);
    expect(text).toMatch(/accuracy % by data set +bbh +gsm8k +mean over families/);
    const line = JSON.parse(JSON.stringify(comparisonLine(comparison))) as { runs: unknown[] };
    expect(line.runs[0]).toMatchObject({
      label: 'light',
      accuracy: { value: 0.75, low: 0.3006, high: 0.9544 },
      families: { f: 1, g: 0.5 },
      data_sets: { bbh: 1, gsm8k: 0.5 },
      against: { baseline: 'vanilla', peak_ratio: { value: 0.3103 } },
    });
  });
});
