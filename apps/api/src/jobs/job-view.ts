import type { JobCourse, JobResult, JobView, StoredRequest } from '@gistpool/contracts';
import type { JobRecord } from '@gistpool/queue';

/** A job as it is stored -> as clients see it. */
export function toJobView(job: JobRecord, result?: JobResult, withCourse = true): JobView {
  return {
    id: job.id,
    object: 'job',
    ...optional('custom_id', job.customId),
    ...optional('batch', job.batch),
    state: job.state,
    model: job.model,
    ...optional('task', job.task),
    tenant: job.tenant,
    priority: job.priority,
    tags: [...(job.tags ?? [])],
    metadata: { ...job.metadata },
    limits: job.limits,
    created_at_ms: job.createdAtMs,
    ...optional('not_before_ms', job.notBeforeMs),
    ...optional('deadline_ms', job.deadlineMs),
    retries: job.retries ?? 0,
    failed_attempts: job.failedAttempts,
    ...optional('dedupe_key', job.dedupeKey),
    ...optional('webhook', job.webhook),
    ...optional('placed_at_ms', job.placedAtMs),
    ...optional('finished_at_ms', job.finishedAtMs),
    ...optional('card', job.card),
    prompt_tokens: job.promptTokens,
    predicted_peak_cells: job.promisedPeakCells ?? job.predictedPeakCells,
    ...optional('thoughts', job.thoughts),
    ...optional('result', result),
    ...optional('result_deleted', job.resultDeleted ? true : undefined),
    ...optional('error', job.failure),
    ...optional('usage', job.usage),
    ...optional('course', withCourse ? courseOf(job) : undefined),
  };
}

function courseOf({ course }: JobRecord): JobCourse | undefined {
  return course && { thought_tokens: [...course.thoughtTokens], tail_tokens: course.tailTokens };
}

/** A job as it was asked for. */
export function toStoredRequest(job: JobRecord): StoredRequest {
  return {
    ...optional('custom_id', job.customId),
    model: job.model,
    messages: [...job.messages],
    ...optional('task', job.task),
    tenant: job.tenant,
    priority: job.priority,
    limits: job.limits,
    sampling: job.sampling,
    tags: [...(job.tags ?? [])],
    metadata: { ...job.metadata },
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
