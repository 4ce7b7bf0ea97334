import fc from 'fast-check';
import { levelFor } from './calibration';
import { describe, expect, it } from 'vitest';
import { bucketOf, upperEdge } from './buckets';
import { boundOf, type JobFeatures } from './features';
import { explain } from './explain';
import { fresh, HORIZONS, Outlook } from './horizon';
import { Predictor } from './predictor';
import { predictorOf, stateOf } from './state';
import { IMMORTAL, quantile, survivalOf } from './survival';

const features = (change: Partial<JobFeatures> = {}): JobFeatures => ({
  model: 'm',
  policy: { kind: 'lightthinker', splitter: 0, gists: [1, 2], continueToken: 3 },
  task: 't',
  promptTokens: 100,
  limits: { maxTokens: 2000, maxThoughts: 100, maxThoughtTokens: 200 },
  ...change,
});

/** A session of equal thoughts, followed from begin to end. */
function runOne(
  predictor: Predictor,
  job: JobFeatures,
  thoughts: number,
  length: number,
  epoch = 0,
): boolean {
  const progress = predictor.begin(job, predictor.predictedPeakCells(job), epoch);
  let peak = job.promptTokens;
  for (let k = 0; k < thoughts; k += 1) {
    peak = Math.max(peak, job.promptTokens + 3 * k + length + 3);
    predictor.thought(progress, length, peak);
  }
  predictor.end(progress, 1, peak, { ms: 10 * thoughts * length, tokens: thoughts * length });
  return !progress.hasMissed;
}

/** Numbers in [0, 1), the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('a bucket', () => {
  it('never lies below a value in it, and at most 4 % above', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000_000 }), (value) => {
        const edge = upperEdge(bucketOf(value));
        expect(edge).toBeGreaterThanOrEqual(value);
        expect(edge).toBeLessThanOrEqual(value * 1.04 + 1);
      }),
    );
  });
});

describe('survival', () => {
  it('leaves 1 / (n + 1) beyond the largest of n ended sessions, as conformal prediction does', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { minLength: 1, maxLength: 60 }), (buckets) => {
        const ended = new Float64Array(416);
        for (const bucket of buckets) ended[bucket] = (ended[bucket] ?? 0) + 1;
        const { beyond } = survivalOf(new Float64Array(416), ended, IMMORTAL, 1);
        expect(beyond[Math.max(...buckets)]).toBeCloseTo(1 / (buckets.length + 1), 9);
      }),
    );
  });

  it('is not misled by the short sessions that end first', () => {
    const ended = new Float64Array(416);
    const running = new Float64Array(416);
    ended[bucketOf(10)] = 50;
    running[bucketOf(500)] = 50;
    expect(quantile(survivalOf(running, ended, IMMORTAL, 1), 0.4)).toBe(Number.POSITIVE_INFINITY);
    expect(quantile(survivalOf(new Float64Array(416), ended, IMMORTAL, 1), 0.4)).toBeLessThan(11);
  });
});

describe('a predicted peak', () => {
  it('is the upper bound until 1 / eps - 1 sessions have ended, and never above it', () => {
    const predictor = new Predictor({ eps: 0.05 });
    const job = features();
    for (let n = 0; n < 18; n += 1) {
      expect(predictor.predictedPeakCells(job)).toBe(boundOf(job));
      runOne(predictor, job, 5, 20);
    }
    for (let n = 0; n < 60; n += 1) runOne(predictor, job, 5, 20);
    expect(predictor.predictedPeakCells(job)).toBeLessThan(145);
    expect(predictor.predictedPeakCells(job)).toBeGreaterThanOrEqual(135);
  });

  it('is kept for all but eps of the jobs that come after, and again after a drift', () => {
    const eps = 0.05;
    const predictor = new Predictor({ eps });
    const random = numbers(11);
    const draw = (scale: number) =>
      Math.max(1, Math.round(scale * Math.exp(0.5 * (random() + random() + random() - 1.5))));
    const missesOf = (jobs: number, scale: number, epoch: number) => {
      let misses = 0;
      for (let n = 0; n < jobs; n += 1) {
        if (!runOne(predictor, features(), draw(scale), draw(40), epoch + Math.floor(n / 100))) misses += 1;
      }
      return misses;
    };
    missesOf(600, 10, 0);
    // 99.9 % of a fair promise's binomial: 1000 * eps + 3.1 deviations.
    const allowed = 1000 * eps + 3.1 * Math.sqrt(1000 * eps * (1 - eps));
    expect(missesOf(1000, 10, 10)).toBeLessThanOrEqual(allowed);
    missesOf(400, 30, 30);
    expect(missesOf(1000, 30, 40)).toBeLessThanOrEqual(allowed);
  });

  it('lets less than eps beyond it while its sessions are few, and at least one of them', () => {
    const samples = fc.tuple(
      fc.integer({ min: 1, max: 20_000 }),
      fc.double({ min: 0.001, max: 0.2, noNaN: true }),
    );
    fc.assert(
      fc.property(samples, ([sessions, eps]) => {
        const level = levelFor(eps, sessions);
        expect(level).toBeLessThanOrEqual(eps);
        expect(level * (sessions + 1)).toBeGreaterThanOrEqual(Math.min(1, eps * (sessions + 1)) - 1e-9);
      }),
    );
    expect(levelFor(0.01, 100_000)).toBeGreaterThan(0.0096);
  });

  it('narrows as the session goes on, and never below what it holds', () => {
    const predictor = new Predictor({ eps: 0.05 });
    for (let n = 0; n < 200; n += 1) runOne(predictor, features(), 1 + (n % 40), 20);
    const at = (peakCells: number) => predictor.predictedPeakCells(features(), { peakCells });
    expect(at(300)).toBeGreaterThanOrEqual(300);
    expect(at(150)).toBeLessThanOrEqual(at(220));
  });

  it('borrows from the model for a task that is new', () => {
    const predictor = new Predictor({ eps: 0.05 });
    for (let n = 0; n < 300; n += 1) runOne(predictor, features(), 5, 20);
    const strange = features({ task: 'new' });
    expect(predictor.predictedPeakCells(strange)).toBeLessThan(boundOf(strange) / 2);
    const other = features({ model: 'other' });
    expect(predictor.predictedPeakCells(other)).toBe(boundOf(other));
  });

  it('comes with its reason', () => {
    const predictor = new Predictor({ eps: 0.05 });
    expect(explain(predictor, features()).because).toContain('upper bound of');
    for (let n = 0; n < 300; n += 1) runOne(predictor, features(), 5, 20);
    const told = explain(predictor, features());
    expect(told.because).toContain('At most 5 % of such jobs exceed it');
    expect(told.groups).toHaveLength(4);
    for (const group of told.groups) expect(group.endedSessions).toBeGreaterThan(270);
    expect(told.run.msPerToken).toBeCloseTo(10, 1);
    expect(told.thoughts.mean).toBeGreaterThan(4);
  });
});

describe('a change of the jobs', () => {
  const random = numbers(5);
  const draw = (scale: number) => Math.max(1, Math.round(-scale * Math.log(1 - random())));

  it('is noticed while the first longer ones still run, and then nothing is promised of what came before', () => {
    const predictor = new Predictor({ eps: 0.05 });
    const job = features();
    for (let n = 0; n < 600; n += 1) runOne(predictor, job, draw(10), 20, Math.floor(n / 100));
    expect(predictor.predictedPeakCells(job)).toBeLessThan(boundOf(job));
    for (let n = 0; n < 50; n += 1) {
      const progress = predictor.begin(job, predictor.predictedPeakCells(job), 6);
      for (let k = 0; k < 12; k += 1) predictor.thought(progress, 20, 123 + 3 * k);
    }
    expect(predictor.known(job).countedSessions).toBeLessThan(20);
    expect(predictor.predictedPeakCells(job)).toBe(boundOf(job));
  });

  it('is not seen where there is none, however the sessions that still run are cut off', () => {
    let forgotten = 0;
    for (let run = 0; run < 40; run += 1) {
      const predictor = new Predictor({ eps: 0.05 });
      const job = features();
      for (let n = 0; n < 500; n += 1) {
        const wanted = draw(10);
        const reached = draw(15);
        if (wanted <= reached) {
          runOne(predictor, job, wanted, 20, Math.floor(n / 50));
          continue;
        }
        const progress = predictor.begin(job, boundOf(job), Math.floor(n / 50));
        for (let k = 0; k < reached; k += 1) predictor.thought(progress, 20, 123 + 3 * k);
      }
      if (predictor.known(job).endedSessions < 100) forgotten += 1;
    }
    expect(forgotten).toBeLessThanOrEqual(1);
  });
});

describe('states of predictors', () => {
  const session = fc.record({
    task: fc.constantFrom('a', 'b'),
    promptTokens: fc.constantFrom(50, 400),
    thoughts: fc.nat(20),
    length: fc.integer({ min: 1, max: 100 }),
    epoch: fc.nat(60),
    hasEnded: fc.boolean(),
  });
  const predictors = fc.array(session, { maxLength: 12 }).map((sessions) => {
    const predictor = new Predictor({ eps: 0.1 });
    for (const { thoughts, length, epoch, hasEnded, ...job } of sessions) {
      if (hasEnded) runOne(predictor, features(job), thoughts, length, epoch);
      else predictor.thought(predictor.begin(features(job), 1000, epoch), length, 120 + length);
    }
    return predictor;
  });
  const copy = (predictor: Predictor): Predictor => {
    const read = predictorOf(JSON.parse(JSON.stringify(stateOf(predictor))), predictor.options);
    if (!read.ok) throw new Error(read.problem);
    return read.predictor;
  };
  const merged = (...parts: readonly Predictor[]): unknown => {
    const sum = new Predictor({ eps: 0.1 });
    for (const part of parts) sum.merge(copy(part));
    return stateOf(sum);
  };

  it('come back from JSON as they were', () => {
    fc.assert(
      fc.property(predictors, (one) => {
        expect(stateOf(copy(one))).toEqual(stateOf(one));
      }),
    );
  });

  it('merge in any order and any grouping to the same', () => {
    fc.assert(
      fc.property(predictors, predictors, predictors, (a, b, c) => {
        expect(merged(a, b)).toEqual(merged(b, a));
        const ab = copy(a);
        ab.merge(copy(b));
        const bc = copy(b);
        bc.merge(copy(c));
        expect(merged(ab, c)).toEqual(merged(a, bc));
      }),
    );
  });

  it('of another version, or broken, are refused', () => {
    expect(predictorOf({ version: 2, groups: [] }, { eps: 0.1 })).toMatchObject({ ok: false });
    expect(predictorOf({ version: 1, groups: [{ path: 'x', epochs: 1 }] }, { eps: 0.1 })).toMatchObject({
      ok: false,
    });
    expect(predictorOf(null, { eps: 0.1 })).toMatchObject({ ok: false });
  });
});

describe('a forecast', () => {
  it('of sessions that outlive all that were seen takes them to come about as far again', () => {
    const predictor = new Predictor({ eps: 0.05 });
    for (let n = 0; n < 300; n += 1) runOne(predictor, features(), 10, 20);
    const { profile } = predictor.known(features());
    const goOn = profile.aliveAfter(80) / profile.aliveAfter(40);
    expect(goOn).toBeGreaterThan(0.3);
    expect(goOn).toBeLessThan(0.7);
  });

  it('of few sessions asks a pool for more room than the same of many', () => {
    const mostAfter = (sessions: number) => {
      const predictor = new Predictor({ eps: 0.05 });
      for (let n = 0; n < sessions; n += 1) runOne(predictor, features(), 4 + (n % 12), 20);
      const outlook = new Outlook();
      for (let n = 0; n < 20; n += 1) predictor.forecast(features()).addTo(outlook, fresh(100));
      return outlook.most(2) / outlook.most(0);
    };
    expect(mostAfter(12)).toBeGreaterThan(1.05 * mostAfter(600));
  });

  it('of a group that is not known grows by a cell a step to the bound', () => {
    const outlook = new Outlook();
    new Predictor({ eps: 0.05 }).forecast(features()).addTo(outlook, fresh(100));
    expect([...outlook.mean].slice(0, 3)).toEqual([100, 132, 196]);
    expect(outlook.mean[HORIZONS - 1]).toBe(boundOf(features()));
    expect(Math.max(...outlook.variance)).toBe(0);
  });

  it('of a known group holds what it holds now, and little when most have ended', () => {
    const predictor = new Predictor({ eps: 0.05 });
    for (let n = 0; n < 300; n += 1) runOne(predictor, features(), 3 + (n % 5), 20);
    const outlook = new Outlook();
    predictor
      .forecast(features())
      .addTo(outlook, { ...fresh(100), floorCells: 106, thoughts: 2, sampledTokens: 40, thoughtCells: 7 });
    expect(outlook.mean[0]).toBe(113);
    expect(outlook.mean[HORIZONS - 1]).toBeLessThan(20);
  });
});
