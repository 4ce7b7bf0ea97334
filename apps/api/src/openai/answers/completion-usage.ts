import type { CompletionUsage, Usage } from '@gistpool/contracts';

/** Usage of all choices of one answer. The prompt counts once for each, as each job has read it. */
export function completionUsage(jobs: readonly { id: string; usage: Usage }[]): CompletionUsage {
  const sum = (of: (usage: Usage) => number) => jobs.reduce((total, { usage }) => total + of(usage), 0);
  const largest = (of: (usage: Usage) => number) => Math.max(0, ...jobs.map(({ usage }) => of(usage)));
  const prompt = sum((usage) => usage.prompt_tokens);
  const completion = sum((usage) => usage.generated_tokens);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    completion_tokens_details: { reasoning_tokens: sum((usage) => usage.reasoning_tokens) },
    gistpool: {
      jobs: jobs.map(({ id }) => id),
      peak_cells: largest((usage) => usage.peak_cells),
      predicted_peak_cells: largest((usage) => usage.predicted_peak_cells),
      kv_bytes_at_peak: largest((usage) => usage.kv_bytes_at_peak),
      kv_byte_seconds: sum((usage) => usage.kv_byte_seconds),
      dep: sum((usage) => usage.dep),
      thoughts: sum((usage) => usage.thoughts),
      compressions: sum((usage) => usage.compressions),
      resumes: sum((usage) => usage.resumes),
      queue_ms: sum((usage) => usage.queue_ms),
      run_ms: sum((usage) => usage.run_ms),
    },
  };
}
