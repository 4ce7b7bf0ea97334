import { JSON_TYPES } from '../http/accepted-types';
import { AWAY, failure, type Operation, type Parameter } from './operation';

const idOf = (what: string): Parameter => ({
  name: 'id',
  in: 'path',
  required: true,
  description: `Id of the ${what}.`,
  schema: { type: 'string' },
});

const job = [idOf('job')];
const noSuchJob = failure(404, '`job_not_found`: no job has this id.');
const refused = failure(400, '`invalid_request`: `param` names the field.');
const filter = { state: 'waiting', tag: 'nightly' };

const bulk = (what: string): Operation['answers'] => [
  { status: 200, description: `All were looked at; \`changed\` were ${what}.`, schema: 'BulkReceipt' },
  { status: 202, description: 'There are many: the rest goes on in the background.', schema: 'BulkReceipt' },
  refused,
  AWAY,
];
const BULK_NOTE =
  'All that `filter` names must hold. Jobs that are submitted meanwhile are not meant. `dry_run` counts what would be done and changes nothing. An order of many jobs goes on in the background, in pieces; `GET /v1/jobs/bulk/{id}` tells how far it has come.';

export const ORDER_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/jobs/{id}/pause',
    id: 'pauseJob',
    tag: 'Jobs',
    summary: 'Set a job aside',
    description:
      'A waiting job at once; a running one is handed back with its checkpoint and goes on from there when it is resumed. A deadline goes on counting.',
    parameters: job,
    answers: [
      { status: 200, description: '`paused`, or `pausing` while it runs.', schema: 'OrderReceipt' },
      noSuchJob,
      failure(409, '`job_ended`: it has ended.'),
      AWAY,
    ],
    curl: 'curl -X POST $URL/v1/jobs/job_…/pause',
  },
  {
    method: 'post',
    path: '/v1/jobs/{id}/resume',
    id: 'resumeJob',
    tag: 'Jobs',
    summary: 'Let a paused job wait again',
    parameters: job,
    answers: [
      { status: 200, description: '`resumed`, or `unchanged`: it was not paused.', schema: 'OrderReceipt' },
      noSuchJob,
      AWAY,
    ],
    curl: 'curl -X POST $URL/v1/jobs/job_…/resume',
  },
  {
    method: 'post',
    path: '/v1/jobs/{id}/retry',
    id: 'retryJob',
    tag: 'Jobs',
    summary: 'Try a job again that failed, was cancelled or expired',
    description: 'From the beginning, under the same id; its deadline is forgotten.',
    parameters: job,
    answers: [
      { status: 200, description: 'It waits again.', schema: 'OrderReceipt' },
      noSuchJob,
      failure(409, '`not_retriable`: the message says why.'),
      AWAY,
    ],
    curl: 'curl -X POST $URL/v1/jobs/job_…/retry',
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}/log',
    id: 'jobLog',
    tag: 'Jobs',
    summary: 'What has happened to a job',
    description: 'Oldest first; the newest 256 entries are kept, as long as the job.',
    parameters: job,
    answers: [{ status: 200, description: 'The log.', schema: 'JobLog' }, noSuchJob, AWAY],
    curl: 'curl $URL/v1/jobs/job_…/log',
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}/deliveries',
    id: 'jobDeliveries',
    tag: 'Jobs',
    summary: 'Tries to deliver the webhook of a job',
    parameters: job,
    answers: [
      { status: 200, description: 'The tries, oldest first.', schema: 'DeliveryPage' },
      noSuchJob,
      AWAY,
    ],
    curl: 'curl $URL/v1/jobs/job_…/deliveries',
  },
  {
    method: 'get',
    path: '/v1/batches/{id}/deliveries',
    id: 'batchDeliveries',
    tag: 'OpenAI',
    summary: 'Tries to deliver the webhook of a batch',
    description: 'A batch has one if it was created with `"gistpool": {"webhook": {"url": …}}`.',
    parameters: [idOf('batch')],
    answers: [
      { status: 200, description: 'The tries, oldest first.', schema: 'DeliveryPage' },
      failure(404, '`batch_not_found`: no batch has this id.'),
      AWAY,
    ],
    curl: 'curl $URL/v1/batches/batch_…/deliveries',
  },
  {
    method: 'post',
    path: '/v1/jobs/cancel',
    id: 'cancelJobs',
    tag: 'Jobs',
    summary: 'Cancel all jobs that a filter leaves',
    description: BULK_NOTE,
    body: { types: JSON_TYPES, schema: 'BulkRequest', example: { filter, dry_run: true } },
    answers: bulk('cancelled'),
    curl: `curl $URL/v1/jobs/cancel -H 'content-type: application/json' \\\n  -d '{"filter": {"state": "waiting", "tag": "nightly"}, "dry_run": true}'`,
  },
  {
    method: 'post',
    path: '/v1/jobs/retry',
    id: 'retryJobs',
    tag: 'Jobs',
    summary: 'Retry all jobs that a filter leaves',
    description: BULK_NOTE,
    body: { types: JSON_TYPES, schema: 'BulkRequest', example: { filter: { state: 'failed' } } },
    answers: bulk('retried'),
    curl: `curl $URL/v1/jobs/retry -H 'content-type: application/json' \\\n  -d '{"filter": {"state": "failed", "younger_than_ms": 3600000}}'`,
  },
  {
    method: 'post',
    path: '/v1/jobs/reprioritize',
    id: 'reprioritizeJobs',
    tag: 'Jobs',
    summary: 'Give all jobs that a filter leaves another priority',
    description: `${BULK_NOTE} Jobs at work are skipped.`,
    body: { types: JSON_TYPES, schema: 'ReprioritizeRequest', example: { filter, priority: 5 } },
    answers: bulk('given the priority'),
    curl: `curl $URL/v1/jobs/reprioritize -H 'content-type: application/json' \\\n  -d '{"filter": {"tag": "nightly"}, "priority": 5}'`,
  },
  {
    method: 'get',
    path: '/v1/jobs/bulk/{id}',
    id: 'bulkOrder',
    tag: 'Jobs',
    summary: 'How far an order about many jobs has come',
    parameters: [idOf('order')],
    answers: [
      { status: 200, description: 'The order; kept for a day once it is done.', schema: 'BulkReceipt' },
      failure(404, '`bulk_not_found`: no order has this id.'),
      AWAY,
    ],
    curl: 'curl $URL/v1/jobs/bulk/bulk_…',
  },
  {
    method: 'get',
    path: '/v1/queues',
    id: 'listQueues',
    tag: 'Fleet',
    summary: 'Queues that have waiting jobs, and those that are paused',
    answers: [{ status: 200, description: 'The queues.', schema: 'QueuePage' }, AWAY],
    curl: 'curl $URL/v1/queues',
  },
  ...(['pause', 'resume'] as const).map((order): Operation => ({
    method: 'post',
    path: `/v1/queues/${order}`,
    id: `${order}Queue`,
    tag: 'Fleet',
    summary:
      order === 'pause' ? 'Place nothing more of a model, or of one tenant of it' : 'Place its jobs again',
    description:
      order === 'pause'
        ? 'What runs goes on; jobs are still taken, and wait.'
        : 'An order about a whole model and one about a tenant of it are taken back one by one.',
    body: { types: JSON_TYPES, schema: 'QueueOrder', example: { model: 'gistpool-nano-qwen2' } },
    answers: [{ status: 200, description: 'The queues.', schema: 'QueuePage' }, refused, AWAY],
    curl: `curl $URL/v1/queues/${order} -H 'content-type: application/json' \\\n  -d '{"model": "gistpool-nano-qwen2"}'`,
  })),
];
