import {
  ChatRequest,
  CompletionRequest,
  JobRequest,
  type BatchEndpoint,
  type ChatMessage,
  type Message,
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
  const supported = withoutUnsupported(body as Record<string, unknown>);
  if (endpoint === '/v1/completions') {
    const request = validate(CompletionRequest, supported);
    const prompts = [request.prompt].flat();
    return asked(
      request,
      tenant,
      prompts.map((content) => [{ role: 'user', content }]),
      request.max_tokens,
    );
  }
  const request = validate(ChatRequest, supported);
  const limit = request.max_completion_tokens ?? request.max_tokens;
  return asked(request, tenant, [request.messages.map(messageOf)], limit);
}

function messageOf({ role, content }: ChatMessage): Message {
  const text = typeof content === 'string' ? content : content.map((part) => part.text).join('');
  return { role: role === 'developer' ? 'system' : role, content: text };
}

type Common = Omit<ChatRequest, 'messages' | 'max_completion_tokens'>;

function asked(
  request: Common,
  tenant: string,
  prompts: readonly (readonly Message[])[],
  maxTokens: number | undefined,
): Asked {
  const { n = 1, stream = false, stream_options: options } = request;
  if (options !== undefined && !stream)
    throw new ApiError(400, 'invalid_request', 'stream_options: only with stream', 'stream_options');
  const jobs = prompts.flatMap((messages) =>
    Array.from({ length: n }, (_, choice) => jobOf(request, tenant, messages, maxTokens, choice)),
  );
  return { jobs, isStream: stream, includesUsage: options?.include_usage ?? false };
}

function jobOf(
  request: Common,
  tenant: string,
  messages: readonly Message[],
  maxTokens: number | undefined,
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
