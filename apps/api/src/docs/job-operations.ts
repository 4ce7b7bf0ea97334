import type { JobFilter } from '@gistpool/contracts';
import { JSON_TYPES } from '../http/accepted-types';
import { EventsQuery, StreamId } from '../events/events-query';
import { FEWEST_THOUGHTS, FEWEST_TOKENS } from '../jobs/fit';
import { CountsQuery, ListQuery } from '../jobs/list-query';
import { AWAY, failure, type Operation, type Parameter } from './operation';
import { inlineSchema } from './schemas';
import { queryParameters } from './query-parameters';

const jobId: Parameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'Id of the job, as given by submit.',
  schema: { type: 'string' },
};

export const IDEMPOTENCY: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Requests of a tenant with the same key and body make one job, and get the same answer, for 24 hours; also when they come at once.',
  schema: { type: 'string', maxLength: 255 },
};

const noSuchJob = failure(404, '`job_not_found`: no job has this id.');

const FILTERS: Record<keyof JobFilter, string> = {
  state: 'Only jobs in this state.',
  model: 'Only jobs of this model.',
  task: 'Only jobs of this task.',
  tenant: 'Only jobs of this tenant.',
  tag: 'Only jobs with this tag.',
  batch: 'Only jobs of this batch.',
  search: 'Only jobs with this text in id, custom_id, prompt or metadata, in any case.',
  ids: 'Only these jobs, at most 200, with commas between; nothing else is filtered.',
  limit: 'Jobs per page.',
  cursor: '`next_cursor` of the page before.',
  include: '`course`: how each job that has ended ran, thought by thought.',
};

export const JOB_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/jobs',
    id: 'submitJob',
    tag: 'Jobs',
    summary: 'Submit a job',
    parameters: [IDEMPOTENCY],
    description: [
      'The prompt is measured with the tokenizer of the model, and from it and the limits follows the most memory the job can ever need. What can never fit is refused here, with the numbers.',
      `A limit that is left out takes the default of the model. If the job does not fit only because its prompt is long, that default shrinks until it does: \`max_thoughts\` of a model that compresses (never below ${FEWEST_THOUGHTS}), \`max_tokens\` of any other (never below ${FEWEST_TOKENS}). A limit that the request names is never changed. The answer shows the limits under which the job runs.`,
    ].join('\n\n'),
    body: {
      types: JSON_TYPES,
      schema: 'JobRequest',
      example: {
        prompt: 'Alice is older than Bob. Bob is older than Carol. Who is the youngest?',
        limits: { max_thoughts: 40 },
      },
    },
    answers: [
      {
        status: 201,
        description: 'The job is stored and waits.',
        schema: 'JobView',
        headers: { Location: 'Address of the job.', 'Idempotent-Replayed': '`true`: the answer of before.' },
      },
      {
        status: 200,
        description: 'A job with its `dedupe_key` waits or runs: this one.',
        schema: 'JobView',
      },
      failure(400, '`invalid_json`, `invalid_request` or `unknown_model`; `param` names the field.'),
      failure(409, '`idempotency_key_in_use`: another request with this key is being answered.'),
      failure(413, '`body_too_large`: more than 8 MiB, or more than 2 MiB of text.'),
      failure(
        422,
        '`does_not_fit`: no slot of the model is wide enough; the message has the numbers. `idempotency_key_reused`: it came with another body. `webhook_refused`: nobody would be told there.',
      ),
      AWAY,
    ],
    curl: `curl $URL/v1/jobs -H 'content-type: application/json' \\\n  -d '{"prompt": "Alice is older than Bob. Bob is older than Carol. Who is the youngest?"}'`,
  },
  {
    method: 'get',
    path: '/v1/jobs',
    id: 'listJobs',
    tag: 'Jobs',
    summary: 'List jobs, newest first',
    description:
      'Results are left out; ask for the single job. Courses are left out, too, unless `include=course` asks for them. A search looks at a few thousand jobs at a time: its page may be short or empty and `next_cursor` yet go on.',
    parameters: queryParameters(ListQuery, FILTERS),
    answers: [
      { status: 200, description: 'A page of jobs.', schema: 'JobPage' },
      failure(400, '`invalid_request`: a filter is not understood.'),
      AWAY,
    ],
    curl: `curl '$URL/v1/jobs?state=thinking&limit=10'`,
  },
  {
    method: 'get',
    path: '/v1/jobs/counts',
    id: 'countJobs',
    tag: 'Jobs',
    summary: 'How many jobs are in each state',
    parameters: queryParameters(CountsQuery, {
      model: FILTERS.model,
      task: FILTERS.task,
      tenant: FILTERS.tenant,
      tag: FILTERS.tag,
      batch: FILTERS.batch,
    }),
    answers: [
      { status: 200, description: 'The counts, and the job that has waited longest.', schema: 'JobCounts' },
      failure(400, '`invalid_request`: a filter is not understood.'),
      AWAY,
    ],
    curl: `curl '$URL/v1/jobs/counts?batch=batch_…'`,
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}/request',
    id: 'jobRequest',
    tag: 'Jobs',
    summary: 'What was asked for',
    description: 'Messages, limits and sampling of the job, with what the request left out filled in.',
    parameters: [jobId],
    answers: [{ status: 200, description: 'The request.', schema: 'StoredRequest' }, noSuchJob, AWAY],
    curl: 'curl $URL/v1/jobs/job_…/request',
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}',
    id: 'getJob',
    tag: 'Jobs',
    summary: 'One job, with its result when it has ended',
    parameters: [jobId],
    answers: [{ status: 200, description: 'The job.', schema: 'JobView' }, noSuchJob, AWAY],
    curl: 'curl $URL/v1/jobs/job_…',
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}/placement',
    id: 'jobPlacement',
    tag: 'Jobs',
    summary: 'Where a job is, or why it still waits',
    description:
      'At work: card, lane and reserved cells. Waiting: its position in the queue of its tenant, why it is not placed yet, with the numbers, and a rough time until it is, from the jobs that completed last.',
    parameters: [jobId],
    answers: [{ status: 200, description: 'Where it is.', schema: 'PlacementView' }, noSuchJob, AWAY],
    curl: 'curl $URL/v1/jobs/job_…/placement',
  },
  {
    method: 'delete',
    path: '/v1/jobs/{id}',
    id: 'cancelJob',
    tag: 'Jobs',
    summary: 'Cancel a job, also while it runs',
    description:
      'A waiting job ends at once; a running one within a step of its worker, and its memory is free then. Cancelling again, or a job that has ended, changes nothing.',
    parameters: [jobId],
    answers: [
      { status: 200, description: '`cancelled`, or `already_ended`.', schema: 'CancelReceipt' },
      { status: 202, description: '`cancelling`: it runs and will stop.', schema: 'CancelReceipt' },
      noSuchJob,
      AWAY,
    ],
    curl: 'curl -X DELETE $URL/v1/jobs/job_…',
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}/events',
    id: 'jobEvents',
    tag: 'Jobs',
    summary: 'What happens in a job, as it happens',
    description: [
      'Server-sent events: `event` is the type, `data` one JSON object (schema JobEvent), `id` its place. Begins with what has happened already, ends after the event that ends the job.',
      'A client that comes back with `Last-Event-ID` (browsers do so by themselves) misses nothing and sees nothing twice. Comments keep the connection alive while nothing happens.',
    ].join('\n\n'),
    parameters: [
      jobId,
      ...queryParameters(EventsQuery, { after: 'Begin after this event.' }),
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'The same; goes before `after`.',
        schema: inlineSchema(StreamId, 'input'),
      },
    ],
    answers: [
      { status: 200, description: 'A stream of events.', type: 'text/event-stream', schema: 'JobEvent' },
      { status: 204, description: 'The job has ended and there is no event after the one named.' },
      failure(400, '`invalid_request`: that is no event id.'),
      noSuchJob,
      AWAY,
    ],
    curl: 'curl -N $URL/v1/jobs/job_…/events',
  },
];
