import type { ModelInfo } from '@gistpool/contracts';
import type { Policy } from '@gistpool/core';

/** What of a policy, besides the gists, decides how many cells a job can hold at most. */
export function policyShapeOf(policy: Policy): ModelInfo['policy'] {
  switch (policy.kind) {
    case 'lightthinker':
      return {
        ...(policy.lagThoughts === undefined ? {} : { lag_thoughts: policy.lagThoughts }),
        ...(policy.everyTokens === undefined ? {} : { every_tokens: policy.everyTokens }),
      };
    case 'window':
      return { first_tokens: policy.firstTokens, last_tokens: policy.lastTokens };
    case 'memento':
    case 'vanilla':
      return {};
  }
}
