import {
  ChatRequest,
  CompletionRequest,
  JobRequest,
  type AnswerFormat,
  type BatchEndpoint,
  type ChatMessage,
  type Message,
  type ResponseFormat,
} from '@gistpool/contracts';
import { ApiError } from '../../http/api-error';
import { validate } from '../../http/validate';
import { withoutUnsupported } from './unsupported';

/** A request in OpenAI's form, as jobs of this pool: one per choice, in their order. */
export interface Asked {
  readonly jobs: readonly JobRequest[];
  readonly isStream: boolean;
  readonly includesUsage: boolean;
}

/** Throws an ApiError that names the parameter at fault. */
export function askedBy(endpoint: BatchEndpoint, body: unknown, tenant: string): Asked {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ApiError(400, 'invalid_request', 'the body: expected an object');
  const fields = body as Record<string, unknown>;
  if (endpoint === '/v1/completions') {
    const supported = withoutUnsupported(fields, Object.keys(CompletionRequest.shape));
    const request = validate(CompletionRequest, supported);
    const prompts = [request.prompt].flat();
    return asked(
      request,
      tenant,
      prompts.map((content) => [{ role: 'user', content }]),
      request.max_tokens,
      { logprobs: request.logprobs },
    );
  }
  const request = validate(ChatRequest, withoutUnsupported(fields, Object.keys(ChatRequest.shape)));
  const limit = request.max_completion_tokens ?? request.max_tokens;
  return asked(request, tenant, [request.messages.map(messageOf)], limit, answerOf(request));
}

/** What is asked of the answer's form, and to be told about its tokens. */
interface AnswerWishes {
  readonly answer_format?: AnswerFormat | undefined;
  readonly logprobs?: number | undefined;
}

function answerOf({
  response_format: format,
  logprobs = false,
  top_logprobs: top,
}: ChatRequest): AnswerWishes {
  if (top !== undefined && top > 0 && !logprobs)
    throw new ApiError(400, 'invalid_request', 'top_logprobs: only with logprobs', 'top_logprobs');
  return { answer_format: formatOf(format), logprobs: logprobs ? (top ?? 0) : undefined };
}

function formatOf(format: ResponseFormat | undefined): AnswerFormat | undefined {
  if (format === undefined || format.type === 'text') return undefined;
  return format.type === 'json_schema' ? { type: 'json_schema', schema: format.json_schema.schema } : format;
}

function messageOf({ role, content }: ChatMessage): Message {
  const text = typeof content === 'string' ? content : content.map((part) => part.text).join('');
  return { role: role === 'developer' ? 'system' : role, content: text };
}

type Common = Omit<
  ChatRequest,
  'messages' | 'max_completion_tokens' | 'response_format' | 'logprobs' | 'top_logprobs'
>;

function asked(
  request: Common,
  tenant: string,
  prompts: readonly (readonly Message[])[],
  maxTokens: number | undefined,
  wishes: AnswerWishes,
): Asked {
  const { n = 1, stream = false, stream_options: options } = request;
  if (options !== undefined && !stream)
    throw new ApiError(400, 'invalid_request', 'stream_options: only with stream', 'stream_options');
  const jobs = prompts.flatMap((messages) =>
    Array.from({ length: n }, (_, choice) => jobOf(request, tenant, messages, maxTokens, wishes, choice)),
  );
  return { jobs, isStream: stream, includesUsage: options?.include_usage ?? false };
}

function jobOf(
  request: Common,
  tenant: string,
  messages: readonly Message[],
  maxTokens: number | undefined,
  wishes: AnswerWishes,
  choice: number,
): JobRequest {
  const { model, temperature, top_p, seed, stop, logit_bias, user, gistpool = {} } = request;
  const { task, priority, max_thoughts, max_thought_tokens, ...sampling } = gistpool;
  const job = withoutUndefined({
    model,
    messages,
    tenant,
    task,
    priority,
    limits: withoutUndefined({ max_tokens: maxTokens, max_thoughts, max_thought_tokens }),
    sampling: withoutUndefined({
      temperature,
      top_p,
      stop: stop === undefined ? undefined : [stop].flat(),
      logit_bias,
      ...wishes,
      ...sampling,
      // Choices of one request differ, and are the same again for the same seed.
      seed: seed === undefined ? undefined : seedOf(seed + choice),
    }),
    metadata: { ...(user === undefined ? {} : { user }), ...request.metadata },
  });
  return validate(JobRequest, job);
}

/** Any whole number stands for one of the 2^32 seeds. */
const seedOf = (seed: number): number => Number(BigInt.asUintN(32, BigInt(seed)));

const withoutUndefined = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
