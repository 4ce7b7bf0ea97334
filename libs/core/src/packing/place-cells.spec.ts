import { describe, expect, it } from 'vitest';
import { SESSIONS_TO_PLAN_BY } from '../prediction/demand';
import { boundOf, type JobFeatures } from '../prediction/features';
import { Predictor } from '../prediction/predictor';
import { placeCells } from './place-cells';

const features: JobFeatures = {
  model: 'm',
  policy: { kind: 'lightthinker', splitter: 0, gists: [1, 2], continueToken: 3 },
  task: 'a',
  promptTokens: 64,
  limits: { maxTokens: 2000, maxThoughts: 64, maxThoughtTokens: 200 },
};
const asked = { features, boundCells: boundOf(features), peakCells: 0 };

function learnt(sessions: number): Predictor {
  const predictor = new Predictor({ eps: 0.01 });
  for (let session = 0; session < sessions; session += 1) {
    const progress = predictor.begin(features, asked.boundCells, 0);
    for (let k = 0; k < 10; k += 1) predictor.thought(progress, 30, 64 + 3 * k + 33);
    predictor.end(progress, 4, 64 + 27 + 33);
  }
  return predictor;
}

describe('what a job takes of a card', () => {
  it('is its bound in a pool until enough sessions have ended, then what they hold on average', () => {
    const shared = { admission: 'predicted', sharedCells: 4096 } as const;
    expect(placeCells(learnt(0), asked, shared)).toBe(asked.boundCells);
    const predictor = learnt(SESSIONS_TO_PLAN_BY);
    // Nothing is promised at 1 % yet: in a slot of its own it still takes the bound.
    expect(placeCells(predictor, asked, { admission: 'predicted' })).toBe(asked.boundCells);
    expect(placeCells(predictor, asked, shared)).toBeLessThan(2 * (64 + 27 + 33));
  });

  it('is its predicted peak in a slot of its own once that is promised, and never less than it has held', () => {
    const predictor = learnt(400);
    const peak = placeCells(predictor, asked, { admission: 'predicted' });
    expect(peak).toBeLessThan(asked.boundCells / 2);
    expect(peak).toBeGreaterThanOrEqual(64 + 27 + 33);
    expect(placeCells(predictor, { ...asked, peakCells: peak + 50 }, { admission: 'predicted' })).toBe(
      peak + 50,
    );
  });

  it('is its bound where the scheduler admits by bounds', () => {
    expect(placeCells(learnt(400), asked, { admission: 'bound', sharedCells: 4096 })).toBe(asked.boundCells);
  });
});
