import type { BatchEndpoint, ChatCompletion, TextCompletion } from '@gistpool/contracts';
import { completionUsage } from './completion-usage';
import { chatLogprobs, textLogprobs } from './told-logprobs';
import { finishReasonOf, reasoningOf, type EndedJob } from './ended-job';

/** The id of an answer is that of its first job, so that it can be looked up. */
export const completionIdOf = (endpoint: BatchEndpoint, jobId: string): string =>
  `${endpoint === '/v1/completions' ? 'cmpl' : 'chatcmpl'}-${jobId}`;

/** An answer in OpenAI's form, from its jobs in the order of the choices. */
export function completionOf(
  endpoint: BatchEndpoint,
  jobs: readonly [EndedJob, ...EndedJob[]],
): ChatCompletion | TextCompletion {
  const [first] = jobs;
  const common = {
    id: completionIdOf(endpoint, first.id),
    created: Math.floor(first.createdAtMs / 1000),
    model: first.model,
    usage: completionUsage(jobs),
  };
  if (endpoint === '/v1/completions') {
    const choices = jobs.map(({ result }, index) => ({
      index,
      text: result.answer,
      reasoning_content: reasoningOf(result),
      finish_reason: finishReasonOf(result),
      logprobs: textLogprobs(result.logprobs),
    }));
    return { ...common, object: 'text_completion', choices };
  }
  const choices = jobs.map(({ result }, index) => ({
    index,
    message: {
      role: 'assistant' as const,
      content: result.answer,
      reasoning_content: reasoningOf(result),
      refusal: null,
    },
    finish_reason: finishReasonOf(result),
    logprobs: chatLogprobs(result.logprobs),
  }));
  return { ...common, object: 'chat.completion', choices };
}
