import { JSON_TYPES } from '../http/accepted-types';
import { AWAY, failure, type Answer, type Operation } from './operation';

const REFUSALS: readonly Answer[] = [
  failure(
    400,
    '`invalid_request`, `unsupported_parameter` or `unknown_model`; `param` names the parameter. What cannot be done is refused, never ignored.',
  ),
  failure(409, '`job_cancelled`: somebody cancelled the job.'),
  failure(422, '`does_not_fit`: no slot of the model is wide enough.'),
  failure(500, '`job_failed`, with the reason.'),
  AWAY,
];

export const OPENAI_CHAT_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/chat/completions',
    id: 'chatCompletion',
    tag: 'OpenAI',
    summary: 'Ask, and wait for the answer or read it as it comes',
    description: [
      'Each choice is a job of its own. `content` is the answer, `reasoning_content` what the model thought before it. `usage.gistpool` says what it cost in memory.',
      'With `stream` chunks are server-sent events, with comments as long as the job waits, and `[DONE]` at the end. A client that goes cancels its jobs. Left out, `temperature` is 0.',
    ].join('\n\n'),
    body: {
      types: JSON_TYPES,
      schema: 'ChatRequest',
      example: {
        model: 'gistpool-nano-qwen2',
        messages: [
          { role: 'user', content: 'Alice is older than Bob. Bob is older than Carol. Who is the youngest?' },
        ],
      },
    },
    answers: [
      { status: 200, description: 'The answer.', schema: 'ChatCompletion', streamOf: 'ChatCompletionChunk' },
      ...REFUSALS,
    ],
    curl: `curl $URL/v1/chat/completions -H 'content-type: application/json' \\\n  -d '{"model": "gistpool-nano-qwen2", "messages": [{"role": "user", "content": "Who is the youngest?"}]}'`,
  },
  {
    method: 'post',
    path: '/v1/completions',
    id: 'textCompletion',
    tag: 'OpenAI',
    summary: 'The same for prompts without roles',
    description:
      'Each prompt is asked as one message of a user: reasoning models are not continued from raw text. `text` is the answer.',
    body: {
      types: JSON_TYPES,
      schema: 'CompletionRequest',
      example: { model: 'gistpool-nano-qwen2', prompt: 'Who is the youngest?' },
    },
    answers: [
      { status: 200, description: 'The answer.', schema: 'TextCompletion', streamOf: 'TextCompletionChunk' },
      ...REFUSALS,
    ],
    curl: `curl $URL/v1/completions -H 'content-type: application/json' \\\n  -d '{"model": "gistpool-nano-qwen2", "prompt": "Who is the youngest?"}'`,
  },
  {
    method: 'get',
    path: '/v1/models/{id}',
    id: 'getModel',
    tag: 'OpenAI',
    summary: 'One model',
    parameters: [
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'Name of the model.',
        schema: { type: 'string' },
      },
    ],
    answers: [
      { status: 200, description: 'The model.', schema: 'ModelObject' },
      failure(404, '`model_not_found`: no model has this name.'),
      AWAY,
    ],
    curl: 'curl $URL/v1/models/gistpool-nano-qwen2',
  },
];
