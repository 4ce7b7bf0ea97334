import type { Against, Compared } from '@gistpool/sim';
import { describe, expect, it } from 'vitest';
import { againstText } from './against-text';

const both = (measured: number, simulated: number): Compared => ({
  measured,
  simulated,
  ratio: measured === simulated ? 1 : simulated / measured,
});

const AGAINST: Against = {
  trace: 'mine',
  model: 'nano',
  jobs: 30,
  peaks_differ: 0,
  within: 0.1,
  figures: {
    sessions_mean: both(4, 4),
    sessions_peak: both(4, 4),
    makespan_s: both(12, 10),
    jobs_per_hour: both(9000, 10_800),
    overflows: both(0, 0),
  },
  is_met: false,
  step_time: { pass_ms: 1, session_ms: 0.1, cell_ms: 0.001, prefill_ms: 0.1, error: 0.02 },
  hand_over_ms: 3,
};

describe('what is measured beside what is simulated', () => {
  it('is a table, and says whether the two agree', () => {
    expect(againstText(AGAINST)).toMatch(/makespan s +12\.0 +10\.0 +0\.833/);
    expect(againstText(AGAINST)).toMatch(/differ by more than 10 %/);
    expect(againstText({ ...AGAINST, is_met: true })).toMatch(/agree within 10 %/);
  });
});
