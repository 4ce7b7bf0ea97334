import { BatchFilter, MAX_BATCH_LINES } from '@gistpool/contracts';
import { JSON_TYPES } from '../http/accepted-types';
import { IDEMPOTENCY } from './job-operations';
import { AWAY, failure, type Operation, type Parameter } from './operation';
import { queryParameters } from './query-parameters';

const batchId: Parameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'Id of the batch.',
  schema: { type: 'string' },
};
const noSuchBatch = failure(404, '`batch_not_found`: no batch has this id.');

export const OPENAI_BATCH_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/batches',
    id: 'createBatch',
    tag: 'OpenAI',
    summary: 'Run the lines of an uploaded file',
    parameters: [IDEMPOTENCY],
    description: [
      `Each line of the file, of at most ${MAX_BATCH_LINES}, is \`{"custom_id", "method": "POST", "url", "body"}\`. Lines become jobs while the file is read; a line that is wrong goes to the error file with its number and disturbs no other. A \`custom_id\` counts from the first line that holds it.`,
      'Lines that have not ended when the completion window does go to the error file as `batch_expired`. A batch fails only when none of its lines can become a job.',
    ].join('\n\n'),
    body: {
      types: JSON_TYPES,
      schema: 'BatchRequest',
      example: {
        input_file_id: 'file-…',
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
        metadata: { run: '7' },
      },
    },
    answers: [
      { status: 200, description: 'It begins.', schema: 'BatchObject' },
      failure(
        400,
        '`invalid_request`, `unsupported_parameter` or `file_not_found`; `param` names the field.',
      ),
      AWAY,
    ],
    curl: `curl $URL/v1/batches -H 'content-type: application/json' \\\n  -d '{"input_file_id": "file-…", "endpoint": "/v1/chat/completions", "completion_window": "24h"}'`,
  },
  {
    method: 'get',
    path: '/v1/batches',
    id: 'listBatches',
    tag: 'OpenAI',
    summary: 'List batches made from files, newest first',
    parameters: queryParameters(BatchFilter, {
      limit: 'Batches per page.',
      after: '`last_id` of the page before.',
    }),
    answers: [
      { status: 200, description: 'A page of batches.', schema: 'BatchPage' },
      failure(400, '`invalid_request`: a filter is not understood.'),
      AWAY,
    ],
    curl: `curl '$URL/v1/batches?limit=10'`,
  },
  {
    method: 'get',
    path: '/v1/batches/{id}',
    id: 'getBatch',
    tag: 'OpenAI',
    summary: 'How far a batch is, and where its files are',
    parameters: [batchId],
    answers: [{ status: 200, description: 'The batch.', schema: 'BatchObject' }, noSuchBatch, AWAY],
    curl: 'curl $URL/v1/batches/batch_…',
  },
  {
    method: 'post',
    path: '/v1/batches/{id}/cancel',
    id: 'cancelBatch',
    tag: 'OpenAI',
    summary: 'Cancel a batch',
    description:
      'What has ended is in its files; running jobs end within a step of their worker; all other lines are told as `batch_cancelled`.',
    parameters: [batchId],
    answers: [
      { status: 200, description: '`cancelling`, soon `cancelled`.', schema: 'BatchObject' },
      noSuchBatch,
      failure(409, '`invalid_request`: it is making its files, or has ended.'),
      AWAY,
    ],
    curl: 'curl -X POST $URL/v1/batches/batch_…/cancel',
  },
];
