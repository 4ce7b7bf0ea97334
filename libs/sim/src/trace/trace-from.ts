import type { TraceHeader, TraceJob } from '@gistpool/contracts';
import type { SessionLimits } from '@gistpool/core';
import type { Trace } from '../sim-job';

/** The lines of a trace file, or what a pool tells of its jobs, as the simulator takes them. */
export function traceFrom(header: TraceHeader, jobs: readonly TraceJob[]): Trace {
  return {
    name: header.name,
    model: header.model,
    method: {
      kind: header.policy,
      ...(header.every_tokens === undefined ? {} : { everyTokens: header.every_tokens }),
    },
    kvBytesPerCell: header.kv_bytes_per_cell,
    gistCount: header.gist_count,
    limits: limitsOf(header.limits),
    ...(header.pool && { pool: header.pool }),
    jobs: [...jobs]
      .sort((a, b) => a.arrival_ms - b.arrival_ms)
      .map((job, index) => ({
        jobId: String(index),
        tenant: job.tenant,
        priority: job.priority,
        task: job.task,
        createdAtMs: job.arrival_ms,
        promptTokens: job.prompt_tokens,
        ...(job.limits && { limits: limitsOf(job.limits) }),
        ...(job.measured && { measured: job.measured }),
        course: () => ({ thoughtTokens: job.thought_tokens, tailTokens: Math.max(1, job.answer_tokens) }),
      })),
  };
}

const limitsOf = (limits: TraceHeader['limits']): SessionLimits => ({
  maxTokens: limits.max_tokens,
  maxThoughts: limits.max_thoughts,
  maxThoughtTokens: limits.max_thought_tokens,
});
