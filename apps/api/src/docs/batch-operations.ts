import { MAX_BATCH_LINE_BYTES } from '@gistpool/contracts';
import { BATCH_TYPES } from '../http/accepted-types';
import type { Operation } from './operation';

export const BATCH_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/jobs/batch',
    id: 'submitBatch',
    tag: 'Batches',
    summary: 'Submit many jobs, one per line',
    description: [
      `JSON Lines: every line is the body of a single job, of at most ${MAX_BATCH_LINE_BYTES / 2 ** 20} MiB. The body is read as it comes and may have any length. Blank lines are skipped but counted.`,
      'A line that is wrong is refused with its number, and the others are taken. A `custom_id` may be used once in a batch. If the connection breaks before the answer, the jobs taken so far are cancelled, so that the batch can be sent again.',
    ].join('\n\n'),
    body: {
      description: 'One JobRequest per line.',
      types: BATCH_TYPES,
      schema: { type: 'string', description: 'Lines of JSON, each a JobRequest.' },
      example:
        '{"custom_id": "a", "prompt": "What is 17 + 25?"}\n{"custom_id": "b", "prompt": "What is 9 * 8?"}\n',
    },
    answers: [
      { status: 200, description: 'All lines were taken.', schema: 'BatchReceipt' },
      {
        status: 207,
        description: 'Some lines were refused; `errors` says which and why.',
        schema: 'BatchReceipt',
      },
      {
        status: 400,
        description: 'No line was taken.',
        schema: {
          oneOf: [{ $ref: '#/components/schemas/BatchReceipt' }, { $ref: '#/components/schemas/ApiError' }],
        },
      },
      {
        status: 503,
        description: 'Redis, or every worker of the model, is away and no line was taken; send it again.',
        schema: {
          oneOf: [{ $ref: '#/components/schemas/BatchReceipt' }, { $ref: '#/components/schemas/ApiError' }],
        },
        headers: { 'Retry-After': 'Seconds to wait.' },
      },
    ],
    curl: `curl $URL/v1/jobs/batch -H 'content-type: application/x-ndjson' \\\n  --data-binary @jobs.jsonl`,
  },
];
