import type { Policy, SessionLimits, TokenId } from '../types';
import { Lag } from './lag';
import type { Rule } from './rule';

type LightThinker = Extract<Policy, { kind: 'lightthinker' }>;

/** Sampled tokens of a token-level thought, the limit included. */
export const tokenLevelLength = (everyTokens: number, limits: SessionLimits): number =>
  Math.max(1, Math.min(everyTokens, limits.maxThoughtTokens));

/** Sampled tokens of a thought-level thought at most, its splitter included. A thought and its splitter need two. */
export const thoughtLevelLength = (limits: SessionLimits): number => Math.max(2, limits.maxThoughtTokens);

/**
 * LightThinker (arXiv 2502.15589, section 3): a thought ends, the gists are fed one by one and see it, it is evicted,
 * and the continue token is fed and does not see it. The gists and the continue stay.
 *
 * Thought level: a thought ends at its splitter, which is fed and evicted with it. A thought of limit - 1 tokens gets
 * its splitter by force. Token level: a thought ends after every k sampled tokens and nothing but gists and continue
 * is fed; a splitter is then an ordinary token. A gist or continue that is sampled all the same is ordinary text, too.
 */
export function lightThinkerRule(policy: LightThinker, limits: SessionLimits): Rule {
  const lag = new Lag(policy.lagThoughts ?? 0);
  const longest =
    policy.everyTokens === undefined
      ? thoughtLevelLength(limits)
      : tokenLevelLength(policy.everyTokens, limits);
  let thoughtStart = 0;
  return {
    forbidden: [...policy.gists, policy.continueToken],
    cellsPerCompression: policy.gists.length + 1,
    afterPrompt: (timeline) => {
      timeline.floorAfterLast();
      thoughtStart = timeline.nextPosition;
    },
    closes: (token: TokenId, length: number) =>
      policy.everyTokens === undefined ? token === policy.splitter : length >= longest,
    plan: (token, thought, timeline) => {
      const isSplitter = thought !== undefined && policy.everyTokens === undefined;
      const position = timeline.plan(token, isSplitter ? 'compress' : 'sampled');
      if (thought === undefined) return;
      for (const gist of policy.gists) timeline.plan(gist, 'compress');
      timeline.compressAfterLast(thought);
      timeline.evictAfterLast(lag.push({ start: thoughtStart, end: position + 1 }));
      timeline.plan(policy.continueToken, 'compress');
      timeline.floorAfterLast();
      thoughtStart = timeline.nextPosition;
    },
    forced: (length) =>
      policy.everyTokens === undefined && length === longest - 1 ? policy.splitter : undefined,
  };
}
