import { Predictor, stepMs } from '@gistpool/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitStepTime } from '../trace/step-time-fit';
import { keptCells, peakCells, type Trace } from '../sim-job';
import { EngineRules } from './engine-rules';
import { runFiguresOf } from './run-figures';
import { ServiceSimulation, stepTimeOf } from './service-simulation';
import { poolOf, someJobs, STEP_TIME, traceOn } from './service.fixture';

function simulate(trace: Trace) {
  if (!trace.pool) throw new Error('a trace without its pool');
  const simulation = new ServiceSimulation(trace, trace.pool, new Predictor({ eps: 0.01 }));
  return { runs: simulation.run(), recorder: simulation.recorder };
}

const spansOf = (runs: ReturnType<typeof simulate>['runs']) =>
  runs.map(({ job, ...run }) => ({ ...run, arrivedMs: job.createdAtMs }));

const SLOTS = poolOf([{ lanes: 1, slots: 3, cells: 256, shared: false }]);
const SHARED = poolOf([{ lanes: 2, slots: 4, cells: 512, shared: true }]);

describe('the service on the recorded lanes', () => {
  it('ends every job with its own peak, none before it came, and never seats more than there are slots', () => {
    fc.assert(
      fc.property(someJobs(), fc.constantFrom(SLOTS, SHARED), (jobs, pool) => {
        const trace = traceOn(pool, jobs);
        const { runs } = simulate(trace);
        expect(runs.map(({ job }) => job.jobId).sort()).toEqual(trace.jobs.map(({ jobId }) => jobId).sort());
        for (const { job, startedMs, endedMs, peakCells: peak } of runs) {
          expect(peak).toBe(peakCells(job.promptTokens, job.course(), keptCells(trace)));
          expect(startedMs).toBeGreaterThanOrEqual(job.createdAtMs + pool.hand_over_ms);
          expect(endedMs).toBeGreaterThan(startedMs);
        }
        const slots = pool.cards[0]?.lanes[0];
        const places = (slots?.lanes ?? 0) * (slots?.slots ?? 0);
        expect(runFiguresOf(spansOf(runs)).sessions_peak).toBeLessThanOrEqual(places);
      }),
      { numRuns: 25 },
    );
  });

  it('never reserves more of a shared pool than it has, so that nobody has to leave', () => {
    fc.assert(
      fc.property(someJobs(), (jobs) => {
        const trace = traceOn(
          { ...SHARED, cards: [{ card: 'a', lanes: [{ lanes: 1, slots: 8, cells: 512, shared: true }] }] },
          jobs,
        );
        const rules = new EngineRules(trace);
        const { runs, recorder } = simulate(trace);
        const moments = runs.map(({ startedMs }) => startedMs);
        for (const atMs of moments) {
          const inside = runs.filter(({ startedMs, endedMs }) => startedMs <= atMs && atMs < endedMs);
          expect(inside.reduce((sum, { job }) => sum + rules.boundOf(job), 0)).toBeLessThanOrEqual(512);
        }
        expect([recorder.parked, recorder.evicted]).toEqual([0, 0]);
      }),
      { numRuns: 25 },
    );
  });

  it('lets predictions that fail lead to overflows, and ends every job all the same', () => {
    const usual = { thoughtTokens: [10], tailTokens: 5 };
    const long = { thoughtTokens: Array.from({ length: 10 }, () => 28), tailTokens: 15 };
    const jobs = Array.from({ length: 400 }, (_, at) => ({ course: () => (at < 340 ? usual : long) }));
    const lanes = [{ lanes: 1, slots: 32, cells: 512, shared: true }];
    const { runs, recorder } = simulate(traceOn(poolOf(lanes, { admission: 'predicted' }), jobs));
    expect(runs).toHaveLength(400);
    const bound = simulate(traceOn(poolOf(lanes), jobs));
    const peak = (of: typeof runs) => runFiguresOf(spansOf(of)).sessions_peak;
    expect(peak(runs)).toBeGreaterThan(peak(bound.runs));
    expect(recorder.parked).toBeGreaterThan(0);
  });

  it('keeps vanilla jobs in their slots to the end with all they have sampled', () => {
    const jobs = [{ course: () => ({ thoughtTokens: [], tailTokens: 200 }) }];
    const vanilla = { ...traceOn(poolOf([{ lanes: 1, slots: 1, cells: 512, shared: false }]), jobs) };
    const { runs } = simulate({ ...vanilla, method: { kind: 'vanilla' } });
    expect(runs[0]?.peakCells).toBe(220);
  });

  it('takes as long from an end to the next begin as it took in the recorded pool', () => {
    const one = poolOf([{ lanes: 1, slots: 1, cells: 256, shared: false }]);
    const { runs } = simulate(traceOn(one, [{}, {}, {}]));
    const gaps = runs.slice(1).map(({ startedMs }, at) => startedMs - (runs[at]?.endedMs ?? 0));
    for (const gap of gaps) expect(gap).toBeCloseTo(20, 6);
  });
});

describe('a fitted step time', () => {
  it('is the one by which the jobs ran, as far as their times can tell', () => {
    const jobs = Array.from({ length: 120 }, (_, at) => ({
      createdAtMs: at < 90 ? 0 : at * 400,
      promptTokens: 10 + ((at * 7) % 50),
      course: () => ({
        thoughtTokens: Array.from({ length: 1 + (at % 9) }, (_, k) => 5 + ((at * 11 + k * 5) % 23)),
        tailTokens: 5 + (at % 14),
      }),
    }));
    const trace = traceOn(poolOf([{ lanes: 1, slots: 8, cells: 256, shared: false }]), jobs);
    const fitted = fitStepTime(
      simulate(trace).runs.map(({ job, startedMs, endedMs }) => ({
        card: 'card-0',
        startedMs,
        endedMs,
        promptTokens: job.promptTokens,
        thoughtTokens: [...Array.from(job.course().thoughtTokens)],
        tailTokens: job.course().tailTokens,
      })),
      keptCells(trace),
    );
    expect(fitted.error).toBeLessThan(0.05);
    for (const sessions of [1, 4, 8]) {
      const cells = sessions * 80;
      const real = stepMs(stepTimeOf(STEP_TIME), sessions, cells, 1);
      expect(stepMs(stepTimeOf(fitted), sessions, cells, 1) / real).toBeCloseTo(1, 1);
    }
  });
});
