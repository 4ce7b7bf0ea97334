import { describe, expect, it } from 'vitest';
import { recordOf, runOf, usageOf } from './record.fixture';
import { runLine } from './run-line';
import { runText } from './run-text';

const failed = recordOf({
  id: 'g-2',
  family: 'g',
  data_set: 'gsm8k',
  right: false,
  answer: '',
  state: 'failed',
});
delete failed.usage;
const run = runOf('nano', [
  recordOf({ id: 'f-1', family: 'f', data_set: 'bbh' }),
  recordOf({ id: 'f-2', family: 'f', data_set: 'bbh', usage: usageOf({ peak_cells: 110 }) }),
  recordOf({ id: 'f-3', family: 'f', data_set: 'bbh', right: false, answer: 'no' }),
  recordOf({ id: 'g-1', family: 'g', data_set: 'gsm8k', usage: usageOf({ peak_cells: 200 }) }),
  failed,
]);

describe('the figures of a run', () => {
  it('are given over all items, by data set and by family, each family weighing the same in their mean', () => {
    const line = runLine(run);
    expect(line).toMatchObject({
      accuracy: 0.6,
      items: 5,
      failed: 1,
      peak_cells_mean: 122.5,
      dep_mean: 6000,
      generated_tokens_mean: 104,
      thoughts_mean: 5,
      seconds: 1,
      mode: 'lightthinker',
      model: 'nano',
      accuracy_mean_over_families: 0.5833,
      data_sets: { bbh: { items: 3, accuracy: 0.6667 }, gsm8k: { items: 2, accuracy: 0.5, failed: 1 } },
      families: {
        f: { data_set: 'bbh', items: 3, accuracy: 0.6667, peak_cells_mean: 96.67 },
        g: { data_set: 'gsm8k', items: 2, accuracy: 0.5, peak_cells_mean: 200 },
      },
    });
  });

  it('weigh every item the same, however many samples it has', () => {
    const twice = [0, 1].map((sample) =>
      recordOf({ id: 'f-1', sample, usage: usageOf({ peak_cells: 100 }) }),
    );
    const { peak_cells_mean: mean, items } = runLine(
      runOf('nano', [...twice, recordOf({ id: 'f-2', usage: usageOf({ peak_cells: 400 }) })]),
    );
    expect([mean, items]).toEqual([250, 2]);
  });

  it('are printed with a line per family and the interval of the accuracy', () => {
    const text = runText(run);
    expect(text).toMatch(/^f +3 +66\.7 %/m);
    expect(text).toContain(
      'nano (lightthinker): 60.0 % of 5 right [23.1 %, 88.2 %], mean over 2 families 58.3 %, in 1.0 s, 1 failed',
    );
  });
});
