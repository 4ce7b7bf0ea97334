import { thoughtLevelLength, tokenLevelLength } from './rules/lightthinker';
import type { Policy, SessionLimits } from './types';

/**
 * The most cells that a session can hold at any time, whatever the model samples: the honest bound for a job of which
 * nothing else is known. It bounds `peakCells` and `peakTokens`.
 *
 * Notation: P prompt tokens, M `maxTokens`, n gists, L lag. At most M tokens are sampled and each takes at most one
 * cell, so P + M bounds every policy that feeds nothing of its own. That is all that can be promised of vanilla, and of
 * MEMENTO, where nothing compels the model to write a summary.
 *
 * Window: never more than the prompt (prefilled whole) or first + last and the newcomer before it pushes one out.
 *
 * LightThinker: let T be the longest thought in sampled tokens, splitter included. With k compressions begun, the
 * cells are the prompt, at most k(n+1) gists and continues, and sampled tokens still there. Those belong to the present
 * thought and to at most L before it, or, while the k-th is being compressed, to that thought and the L before it: at
 * most (min(k, L) + 1) T. And each of the k - 1 - L thoughts evicted earlier has used up at least one of the M tokens
 * (at token level: T of them), so there are at most M - max(0, k - 1 - L) times that many. Hence
 *   cells(k) <= P + k(n+1) + min((min(k, L) + 1) T, M - max(0, k - 1 - L) u),  u = 1 or T,
 * where k <= maxThoughts and, since the last token allowed ends the session, k u <= M - 1. From k to
 * k + 1 the first of the two never falls, and the second falls by u at most. With u = 1 <= n + 1 the sum never falls; at
 * token level M - 1 >= kT keeps the second above the first wherever it falls (k > L). So the largest k counts.
 */
export function upperBoundPeakCells(policy: Policy, promptTokens: number, limits: SessionLimits): number {
  switch (policy.kind) {
    case 'vanilla':
    case 'memento':
      return promptTokens + limits.maxTokens;
    case 'window':
      return Math.max(
        promptTokens,
        Math.min(policy.firstTokens + policy.lastTokens + 1, promptTokens + limits.maxTokens),
      );
    case 'lightthinker': {
      const lag = policy.lagThoughts ?? 0;
      const isTokenLevel = policy.everyTokens !== undefined;
      const longest =
        policy.everyTokens === undefined
          ? thoughtLevelLength(limits)
          : tokenLevelLength(policy.everyTokens, limits);
      const mostByTokens = Math.floor((limits.maxTokens - 1) / (isTokenLevel ? longest : 1));
      const compressions = Math.max(0, Math.min(limits.maxThoughts, mostByTokens));
      const tokensLeft =
        limits.maxTokens - Math.max(0, compressions - 1 - lag) * (isTokenLevel ? longest : 1);
      const resident = Math.min((Math.min(compressions, lag) + 1) * longest, tokensLeft);
      return promptTokens + compressions * (policy.gists.length + 1) + resident;
    }
  }
}
