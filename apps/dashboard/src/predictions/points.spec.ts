import { describe, expect, it } from 'vitest';
import type { JobView, Usage } from '@gistpool/contracts';
import { keptShare, peakPoints, roundUp } from './points';

const job = (id: string, usage?: Pick<Usage, 'predicted_peak_cells' | 'peak_cells'>): JobView =>
  ({ id, ...(usage === undefined ? {} : { usage }) }) as JobView;

describe('predicted against actual', () => {
  it('has a point for each job that was promised a peak, and knows which held more', () => {
    expect(
      peakPoints([
        job('a', { predicted_peak_cells: 100, peak_cells: 80 }),
        job('b', { predicted_peak_cells: 100, peak_cells: 101 }),
        job('c', { predicted_peak_cells: 0, peak_cells: 5 }),
        job('d'),
      ]).map(({ id, isMissed }) => [id, isMissed]),
    ).toEqual([
      ['a', false],
      ['b', true],
    ]);
  });

  it('knows the share of promises kept, where there are any', () => {
    expect(keptShare({ promises: 200, missed: 1 })).toBeCloseTo(0.995);
    expect(keptShare({ promises: 0, missed: 0 })).toBeNull();
  });

  it.each([
    [0, 1],
    [7, 8],
    [120, 200],
    [200, 200],
    [501, 600],
  ])('ends an axis for %d at %d', (value, end) => expect(roundUp(value)).toBe(end));
});
