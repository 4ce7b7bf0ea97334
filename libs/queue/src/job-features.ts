import type { ModelInfo } from '@gistpool/contracts';
import type { JobFeatures, Policy } from '@gistpool/core';
import type { JobRecord } from './types';

/** A model's policy for counting only: the bound and the predictor ask how many gists there are, never which tokens they are. */
export function policyOf({ method, gist_count, policy }: ModelInfo): Policy {
  if (method === 'lightthinker') {
    return {
      kind: 'lightthinker',
      splitter: 0,
      gists: new Array<number>(gist_count).fill(0),
      continueToken: 0,
      lagThoughts: policy.lag_thoughts ?? 0,
      ...(policy.every_tokens === undefined ? {} : { everyTokens: policy.every_tokens }),
    };
  }
  if (method === 'window' && policy.first_tokens !== undefined && policy.last_tokens !== undefined) {
    return { kind: 'window', firstTokens: policy.first_tokens, lastTokens: policy.last_tokens };
  }
  // MEMENTO's bound is that of plain decoding: nothing compels the model to write a summary.
  return { kind: 'vanilla' };
}

/** What is known of a job before it runs, as the predictor asks for it. */
export function featuresOf(
  job: Pick<JobRecord, 'promptTokens' | 'limits'> & { readonly task?: string },
  model: ModelInfo,
): JobFeatures {
  const { max_tokens, max_thoughts, max_thought_tokens } = job.limits;
  return {
    model: model.name,
    policy: policyOf(model),
    task: job.task ?? '',
    promptTokens: job.promptTokens,
    limits: { maxTokens: max_tokens, maxThoughts: max_thoughts, maxThoughtTokens: max_thought_tokens },
  };
}
