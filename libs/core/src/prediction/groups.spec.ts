import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explain } from './explain';
import { groupName, groupPath, PATH_SEPARATOR, type JobFeatures } from './features';
import { groupFigures } from './groups';
import { Predictor } from './predictor';

const features = (change: Partial<JobFeatures> = {}): JobFeatures => ({
  model: 'm',
  policy: { kind: 'lightthinker', splitter: 0, gists: [1, 2], continueToken: 3 },
  task: 't',
  promptTokens: 100,
  limits: { maxTokens: 2000, maxThoughts: 100, maxThoughtTokens: 200 },
  ...change,
});

function run(predictor: Predictor, sessions: number, job: JobFeatures, peakCells: number, promised: number) {
  for (let session = 0; session < sessions; session += 1) {
    const progress = predictor.begin(job, promised, 0);
    predictor.thought(progress, 20, peakCells);
    predictor.end(progress, 5, peakCells);
  }
}

describe('the groups of a predictor', () => {
  it('are those of the jobs that it has seen, by the middle of their bands', () => {
    const count = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(fc.tuple(count, count, count, count), ([promptTokens, ...limits]) => {
        const [maxTokens, maxThoughts, maxThoughtTokens] = limits;
        const job = features({ promptTokens, limits: { maxTokens, maxThoughts, maxThoughtTokens } });
        const path = groupPath(job);
        const name = groupName(path.join(PATH_SEPARATOR));
        expect(name).toMatchObject({ model: 'm', task: 't', policy: 'lightthinker:2:thought:0' });
        expect(groupPath({ ...job, ...name, policy: job.policy })).toEqual(path);
        const predictor = new Predictor({ eps: 0.1 });
        run(predictor, 1, job, promptTokens, promptTokens);
        expect(groupFigures(predictor)).toEqual([expect.objectContaining(name)]);
      }),
    );
  });

  it('tell how many ended, how many held more than was promised, and which share of the promised cells was held', () => {
    const predictor = new Predictor({ eps: 0.1 });
    run(predictor, 30, features(), 150, 300);
    run(predictor, 10, features(), 150, 100);
    predictor.begin(features({ task: 'other' }), 500, 0);
    const [other, own] = groupFigures(predictor);
    expect(other).toMatchObject({ task: 'other', endedSessions: 0, coverage: { promises: 1, missed: 0 } });
    expect(other?.sharpness).toBeUndefined();
    expect(own).toMatchObject({ task: 't', endedSessions: 40, coverage: { promises: 40, missed: 10 } });
    expect(own?.sharpness).toBeCloseTo((40 * 150) / (30 * 300 + 10 * 100), 9);
  });
});

describe('an explanation', () => {
  it('names whom a new group borrows from, and nobody where nobody else was seen', () => {
    const predictor = new Predictor({ eps: 0.05 });
    run(predictor, 300, features(), 150, 300);
    expect(explain(predictor, features()).borrowed).toBeNull();
    expect(explain(predictor, features()).because).not.toContain('by those of');

    const longer = explain(predictor, features({ promptTokens: 800 }));
    expect(longer.borrowed).toEqual({ from: 'task t', share: 1 });
    expect(longer.because).toContain('for about 100 %, by those of "task t"');
    const strange = features({ task: 'new' });
    expect(explain(predictor, strange).borrowed).toEqual({ from: 'm, lightthinker:2:thought:0', share: 1 });
    run(predictor, 24, strange, 150, 300);
    expect(explain(predictor, strange).borrowed?.share).toBeCloseTo(0.5, 1);
  });

  it('tells a bound that is too little known from one that jobs come near to', () => {
    const predictor = new Predictor({ eps: 0.05 });
    const tight = features({ limits: { maxTokens: 40, maxThoughts: 2, maxThoughtTokens: 20 } });
    expect(explain(predictor, tight).because).toContain('about 19 are needed');
    run(predictor, 100, tight, 130, 130);
    const told = explain(predictor, tight);
    expect(told.predictedPeakCells).toBe(told.upperBoundCells);
    expect(told.because).toContain('more than 5 % would exceed less');
  });
});
