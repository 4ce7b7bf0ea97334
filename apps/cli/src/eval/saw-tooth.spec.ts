import type { JobEvent } from '@gistpool/contracts';
import { describe, expect, it } from 'vitest';
import { usageOf } from './record.fixture';
import { sawToothOf } from './saw-tooth';

const compression = (thought: number, before: number, after: number): JobEvent => ({
  type: 'compression',
  thought,
  cells_before: before,
  cells_after: after,
});
const usage = (values: Parameters<typeof usageOf>[0]): JobEvent => ({
  type: 'usage',
  usage: usageOf(values),
});

describe('the saw-tooth of a job', () => {
  it('rises by a cell a token and falls at each compression', () => {
    // Prompt 10, 2 gists: thoughts of 5 and 7 tokens with their splitters, then a tail of 4.
    const events = [
      compression(0, 17, 12),
      compression(1, 22, 15),
      usage({ prompt_tokens: 10, generated_tokens: 16, peak_cells: 22 }),
    ];
    expect(sawToothOf(events, { method: 'lightthinker', gistCount: 2 })).toEqual([
      [0, 10],
      [5, 17],
      [5, 12],
      [12, 22],
      [12, 15],
      [16, 19],
    ]);
  });

  it('is a ramp where nothing is evicted', () => {
    const events = [usage({ prompt_tokens: 10, generated_tokens: 30, peak_cells: 40 })];
    expect(sawToothOf(events, { method: 'vanilla', gistCount: 0 })).toEqual([
      [0, 10],
      [30, 40],
    ]);
  });

  it('is not known of a job that did not end', () => {
    expect(sawToothOf([compression(0, 17, 12)], { method: 'lightthinker', gistCount: 2 })).toEqual([]);
  });
});
