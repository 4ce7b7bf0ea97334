import type { Rule } from './rule';

/** Nothing is evicted and there are no thoughts: every sampled token is fed and stays. */
export function vanillaRule(): Rule {
  return {
    forbidden: [],
    cellsPerCompression: 0,
    afterPrompt: (timeline) => timeline.floorAfterLast(),
    closes: () => false,
    plan: (token, _thought, timeline) => void timeline.plan(token, 'sampled'),
    forced: () => undefined,
  };
}
