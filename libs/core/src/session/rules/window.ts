import type { Timeline } from '../timeline';
import type { Policy } from '../types';
import type { Rule } from './rule';

type Window = Extract<Policy, { kind: 'window' }>;

/**
 * The first tokens and the last W stay (StreamingLLM, arXiv 2309.17453), with absolute positions.
 * The prompt is prefilled whole, so each of its tokens sees all before it; what is outside the window goes at its end.
 */
export function windowRule({ firstTokens, lastTokens }: Window): Rule {
  let evictedEnd = firstTokens;
  const slide = (timeline: Timeline): void => {
    const end = timeline.nextPosition - lastTokens;
    if (end > evictedEnd) {
      timeline.evictAfterLast([{ start: evictedEnd, end }]);
      evictedEnd = end;
    }
    timeline.floorAfterLast();
  };
  return {
    forbidden: [],
    cellsPerCompression: 0,
    afterPrompt: slide,
    closes: () => false,
    plan: (token, _thought, timeline) => {
      timeline.plan(token, 'sampled');
      slide(timeline);
    },
    forced: () => undefined,
  };
}
