import { Predictor } from '@gistpool/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keptCells, peakCells, type Trace } from '../sim-job';
import { simulateAgainst as trySimulateAgainst } from './against';
import { runFiguresOf } from './run-figures';
import { ServiceSimulation } from './service-simulation';
import { poolOf, someJobs, traceOn } from './service.fixture';

const POOL = poolOf([{ lanes: 1, slots: 4, cells: 256, shared: false }]);

/** The trace with what the simulator makes of it for what was measured; times stretched. */
function measuredAsSimulated(trace: Trace, stretch = 1): Trace {
  const runs = new ServiceSimulation(trace, POOL, new Predictor({ eps: 0.01 })).run();
  const byJob = new Map(runs.map((run) => [run.job.jobId, run]));
  return {
    ...trace,
    jobs: trace.jobs.map((job) => {
      const { startedMs = 0, endedMs = 0 } = byJob.get(job.jobId) ?? {};
      const peak = peakCells(job.promptTokens, job.course(), keptCells(trace)) - 1;
      const [started_ms, ended_ms] = [stretch * startedMs, stretch * endedMs];
      return {
        ...job,
        measured: { started_ms, ended_ms, peak_cells: peak, card: 'card-0', resumes: 0, overflows: 0 },
      };
    }),
  };
}

/** The comparison, or its problem thrown. */
function simulateAgainst(...asked: Parameters<typeof trySimulateAgainst>) {
  const told = trySimulateAgainst(...asked);
  if (!told.ok) throw new Error(told.problem);
  return told.against;
}

describe('measured against simulated', () => {
  it('agrees with itself in every figure', () => {
    fc.assert(
      fc.property(someJobs(), (jobs) => {
        const against = simulateAgainst(measuredAsSimulated(traceOn(POOL, jobs)), undefined, 0.001);
        for (const { ratio } of Object.values(against.figures)) expect(ratio).toBeCloseTo(1, 9);
        expect([against.is_met, against.peaks_differ]).toEqual([true, 0]);
      }),
      { numRuns: 20 },
    );
  });

  it('is not met when the pool took a fifth longer', () => {
    const trace = measuredAsSimulated(
      traceOn(
        POOL,
        Array.from({ length: 30 }, () => ({})),
      ),
      1.2,
    );
    const against = simulateAgainst(trace, undefined, 0.1);
    expect(against.is_met).toBe(false);
    expect(against.figures.makespan_s.ratio).toBeCloseTo(1 / 1.2, 2);
    expect(simulateAgainst(trace, undefined, 0.25).is_met).toBe(true);
  });

  it('tells which courses come to another peak', () => {
    const trace = measuredAsSimulated(traceOn(POOL, [{}, {}]));
    const [first, ...others] = trace.jobs;
    if (!first?.measured) throw new Error('two jobs');
    const wrong = { ...first, measured: { ...first.measured, peak_cells: 7 } };
    expect(simulateAgainst({ ...trace, jobs: [wrong, ...others] }, undefined, 0.1).peaks_differ).toBe(1);
  });

  it('is refused for a trace that was made, and for jobs wider than every lane', () => {
    const { pool: _, ...made } = measuredAsSimulated(traceOn(POOL, [{}]));
    expect(() => simulateAgainst(made, undefined, 0.1)).toThrow(/was not recorded with its pool/);
    const trace = measuredAsSimulated(traceOn(POOL, [{}]));
    const narrow = poolOf([{ lanes: 1, slots: 4, cells: 50, shared: false }]);
    expect(() => simulateAgainst({ ...trace, pool: narrow }, undefined, 0.1)).toThrow(
      /1 of 1 jobs .* never fit/,
    );
  });
});

describe('figures of a run', () => {
  it('count sessions at once only while a job waits', () => {
    const run = (arrivedMs: number, startedMs: number, endedMs: number) => ({
      arrivedMs,
      startedMs,
      endedMs,
    });
    const figures = runFiguresOf([run(0, 0, 1000), run(0, 0, 3000), run(0, 1000, 9000)]);
    expect(figures).toEqual({ sessions_mean: 2, sessions_peak: 2, makespan_s: 9, jobs_per_hour: 1200 });
  });

  it('are of the whole run where no job ever waited', () => {
    const figures = runFiguresOf([{ arrivedMs: 0, startedMs: 0, endedMs: 1000 }]);
    expect(figures).toMatchObject({ sessions_mean: 1, sessions_peak: 1 });
  });
});
