import { closedFormPeak, fresh, HORIZON_STEPS, linearSharing, Outlook, Predictor } from '@gistpool/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialQuantile, learntFrom, SETTLING_JOBS } from './figures';
import { GatedRules } from './gated-rules';
import { KnownCourse } from './known-course';
import { adversarialTrace, paperTrace } from './made-traces';
import { OracleRules } from './oracle-rules';
import { keptCells, peakCells, sampledTokens, type Trace } from './sim-job';
import { Simulation } from './simulation';

const time = { passMs: 5, sessionMs: 0.03, cellMs: 2e-5, sharing: linearSharing(0.01), prefillMs: 0.06 };
const settings = { cards: 2, time, moveBytesPerMs: 20e6, ageingMs: 600_000 };
const plan = { pools: 3, cells: 9216, sessions: 24, sharing: 24 };

const simulate = (trace: Trace, predictor: Predictor, change: Partial<typeof settings> = {}) => {
  const rules = new GatedRules(keptCells(trace), { z: 1.5, chance: 0.1 });
  const policy = { name: 'gistpool', label: 'gistpool', z: 1.5, knows: false, rules };
  return new Simulation(trace, policy, plan, predictor, { ...settings, ...change }).run();
};

const courses = fc.record({
  promptTokens: fc.integer({ min: 1, max: 300 }),
  thoughtTokens: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 30 }),
  tailTokens: fc.integer({ min: 1, max: 300 }),
});

describe('a course', () => {
  it("has the closed form's peak", () => {
    fc.assert(
      fc.property(courses, fc.nat(12), ({ promptTokens, thoughtTokens, tailTokens }, gists) => {
        const course = { thoughtTokens, tailTokens };
        expect(peakCells(promptTokens, course, gists + 1)).toBe(
          closedFormPeak(promptTokens, thoughtTokens, tailTokens, gists),
        );
      }),
    );
  });

  it('is foreseen exactly as long as the present thought lasts, and as nothing after its end', () => {
    fc.assert(
      fc.property(courses, ({ promptTokens, thoughtTokens, tailTokens }) => {
        const outlook = new Outlook();
        const course = { thoughtTokens, tailTokens };
        new KnownCourse(course, 10).addTo(outlook, fresh(promptTokens));
        const steps = sampledTokens(course) + 10 * thoughtTokens.length;
        HORIZON_STEPS.forEach((ahead, at) => {
          if (ahead <= (thoughtTokens[0] ?? 0) + 10) expect(outlook.mean[at]).toBe(promptTokens + ahead);
          if (ahead > steps) expect(outlook.mean[at]).toBe(0);
        });
      }),
    );
  });
});

describe('a simulation', () => {
  const trace = paperTrace('gsm8k', { jobs: 300, seed: 5, model: 'qwen2.5-7b' });

  it('tells rates of the whole run where no job ever waited', () => {
    const few = { ...trace, jobs: trace.jobs.slice(0, 5) };
    const recorder = simulate(few, learntFrom(trace, 0.01));
    expect(recorder.full?.atMs).toBeGreaterThanOrEqual(recorder.endedAtMs);
    expect(recorder.full?.tokens).toBe(recorder.tokens);
  });

  it('completes every job with all its tokens, never holds more cells than there are, and says the same twice', () => {
    const once = simulate(
      trace,
      learntFrom(paperTrace('gsm8k', { jobs: 400, seed: 6, model: 'qwen2.5-7b' }), 0.01),
    );
    expect([once.done, once.stuck]).toEqual([300, 0]);
    expect(once.tokens).toBe(trace.jobs.reduce((sum, job) => sum + sampledTokens(job.course()), 0));
    const most = Math.max(...once.samples.flatMap(({ cells }) => cells));
    expect(most).toBeLessThanOrEqual(plan.pools * plan.cells);
    expect(most).toBeGreaterThan(0.5 * plan.pools * plan.cells);
    const again = simulate(
      trace,
      learntFrom(paperTrace('gsm8k', { jobs: 400, seed: 6, model: 'qwen2.5-7b' }), 0.01),
    );
    expect(again.samples).toEqual(once.samples);
  });

  it('completes every job from a cold start, and after a drift', () => {
    expect(simulate(trace, new Predictor({ eps: 0.01 })).done).toBe(300);
    const drift = adversarialTrace('drift', { jobs: 200, seed: 5, model: 'qwen2.5-7b' });
    expect(simulate(drift, new Predictor({ eps: 0.01 })).done).toBe(200);
  });

  it('parks few of the jobs that turn out five times as long as all before, and keeps its promise to the later ones', () => {
    const make = (jobs: number, seed: number) =>
      adversarialTrace('drift', { jobs, seed, model: 'qwen2.5-7b' });
    const drift = make(600, 5);
    const recorder = simulate(drift, learntFrom(make(1000, 6), 0.01));
    expect(recorder.done).toBe(600);
    expect(recorder.overflows.size).toBeLessThanOrEqual(0.03 * 600);
    expect(recorder.moved).toBeGreaterThan(0);
    const later = recorder.kept.filter(({ index }) => index >= (drift.driftsAt ?? 0) + SETTLING_JOBS);
    const missed = later.filter(({ isKept }) => !isKept);
    expect(missed.length).toBeLessThanOrEqual(binomialQuantile(later.length, 0.01, 0.99));
  });

  it('starts a wide job of low priority within the ageing time, though narrow ones never cease to come', () => {
    const narrow = { thoughtTokens: [60, 60, 60], tailTokens: 20 };
    const wide = { thoughtTokens: Array.from({ length: 400 }, () => 20), tailTokens: 20 };
    const job = (jobId: string, createdAtMs: number, isWide: boolean) => ({
      jobId,
      tenant: 'default',
      priority: isWide ? 9 : 0,
      task: isWide ? 'wide' : 'narrow',
      createdAtMs,
      promptTokens: isWide ? 2000 : 500,
      course: () => (isWide ? wide : narrow),
    });
    const jobs = Array.from({ length: 12_000 }, (_, at) => job(String(at), at * 8, at === 1000));
    const busy: Trace = { ...trace, jobs };
    const history: Trace = { ...busy, jobs: jobs.slice(0, 300) };
    const recorder = simulate(busy, learntFrom(history, 0.01), { ageingMs: 60_000 });
    expect(recorder.samples.some(({ waiting }) => waiting > 100)).toBe(true);
    expect((recorder.startedAtMs.get('1000') ?? Infinity) - 8000).toBeLessThanOrEqual(60_000);
  });
});

describe('an oracle', () => {
  it('that adds up all courses fills its pools and never runs out of room', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(0, 1), (seed, smoothing) => {
        const trace = paperTrace('gsm8k', { jobs: 120, seed, model: 'qwen2.5-7b' });
        const rules = new OracleRules(keptCells(trace), { z: 0, chance: 0 });
        const policy = { name: 'oracle', label: 'oracle', z: 0, knows: true, foresees: { smoothing }, rules };
        const narrow = { ...plan, pools: 1 };
        const one = { ...settings, cards: 1 };
        const recorder = new Simulation(trace, policy, narrow, new Predictor({ eps: 0.01 }), one).run();
        expect([recorder.done, recorder.stuck, recorder.overflows.size]).toEqual([120, 0, 0]);
      }),
      { numRuns: 10 },
    );
  });
});

describe('the binomial bound', () => {
  it('is the least number that is not exceeded at its level', () => {
    expect(binomialQuantile(1000, 0.01, 0.99)).toBe(18);
    expect(binomialQuantile(10, 0.5, 0.5)).toBe(5);
  });
});
