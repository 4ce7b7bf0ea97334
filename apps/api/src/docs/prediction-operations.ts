import { JSON_TYPES } from '../http/accepted-types';
import { AWAY, failure, type Operation } from './operation';

export const PREDICTION_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/predictions',
    id: 'predictions',
    tag: 'Predictions',
    summary: 'What was learnt of jobs, group by group',
    description:
      'The scheduler learns from every job that ends and publishes every few seconds. Jobs are alike, and in one group, by model and policy, task, and powers of two of prompt length and limits.',
    answers: [
      {
        status: 200,
        description: 'As published last; no groups until a scheduler has published.',
        schema: 'PredictionsView',
      },
      AWAY,
    ],
    curl: 'curl $URL/v1/predictions',
  },
  {
    method: 'post',
    path: '/v1/predictions/explain',
    id: 'explainPrediction',
    tag: 'Predictions',
    summary: 'What peak a job would be predicted, and why',
    description: 'The body is that of a job, which is neither stored nor run.',
    body: {
      types: JSON_TYPES,
      schema: 'JobRequest',
      example: { prompt: 'Alice is older than Bob. Who is the youngest?', task: 'ages' },
    },
    answers: [
      { status: 200, description: 'The prediction and its reason.', schema: 'PredictionExplanation' },
      failure(400, '`invalid_json`, `invalid_request` or `unknown_model`; `param` names the field.'),
      failure(413, '`body_too_large`: more than 8 MiB, or more than 2 MiB of text.'),
      failure(422, '`does_not_fit`: no slot of the model is wide enough, so it would be refused.'),
      AWAY,
    ],
    curl: `curl $URL/v1/predictions/explain -H 'content-type: application/json' \\\n  -d '{"prompt": "Alice is older than Bob. Who is the youngest?", "task": "ages"}'`,
  },
];
