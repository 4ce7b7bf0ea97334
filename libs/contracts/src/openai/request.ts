import { z } from 'zod';
import { AnswerFormat } from '../answer-format';
import { JobLimits } from '../limits';
import { MAX_TOP_LOGPROBS, Sampling } from '../sampling';

const TextPart = z.strictObject({ type: z.literal('text'), text: z.string().min(1) });
const Content = z.union([z.string().min(1), z.array(TextPart).min(1)]);

/** A message as clients of OpenAI's API write it. What an earlier answer thought is taken and left out of the prompt. */
export const ChatMessage = z.discriminatedUnion('role', [
  z.strictObject({ role: z.enum(['system', 'developer', 'user']), content: Content }),
  z.strictObject({
    role: z.literal('assistant'),
    content: Content,
    reasoning_content: z.string().nullish(),
    refusal: z.null().optional(),
    annotations: z.array(z.never()).optional(),
  }),
]);
export type ChatMessage = z.infer<typeof ChatMessage>;

const name = z.string().min(1).max(64);

/** What gistpool can do besides: the same words as in `POST /v1/jobs`. */
export const GistpoolOptions = z.strictObject({
  task: name.optional(),
  priority: z.int().min(0).max(1_000_000).optional(),
  max_thoughts: JobLimits.shape.max_thoughts,
  max_thought_tokens: JobLimits.shape.max_thought_tokens,
  top_k: Sampling.shape.top_k.optional(),
  min_p: Sampling.shape.min_p.optional(),
  repeat_penalty: Sampling.shape.repeat_penalty.optional(),
});

export const MAX_CHOICES = 16;

const stop = Sampling.shape.stop.unwrap();
const Common = {
  model: z.string().min(1).max(64),
  max_tokens: JobLimits.shape.max_tokens,
  temperature: z.number().min(0).max(5).optional(),
  top_p: z.number().gt(0).max(1).optional(),
  n: z.int().min(1).max(MAX_CHOICES).optional(),
  stop: z.union([z.string().min(1).max(256), stop]).optional(),
  seed: z.int().optional(),
  logit_bias: Sampling.shape.logit_bias.unwrap().optional(),
  stream: z.boolean().optional(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional() }).optional(),
  metadata: z.record(z.string().max(64), z.string().max(512)).optional(),
  /** Goes into the metadata. */
  user: z.string().max(512).optional(),
  gistpool: GistpoolOptions.optional(),
};

const [, JsonSchemaFormat, GrammarFormat] = AnswerFormat.options;

/** What the answer must look like. Reasoning before it is free. */
export const ResponseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: z.string().min(1).max(64),
      description: z.string().max(4_096).optional(),
      schema: JsonSchemaFormat.shape.schema,
      /** The answer always keeps to the schema. */
      strict: z.boolean().nullish(),
    }),
  }),
  /** Not of OpenAI's API: in GBNF. */
  GrammarFormat,
]);
export type ResponseFormat = z.infer<typeof ResponseFormat>;

/** As many as OpenAI's API takes. */
const MAX_COMPLETION_LOGPROBS = 5;

export const ChatRequest = z.strictObject({
  messages: z.array(ChatMessage).min(1).max(1000),
  /** Reasoning and answer together; the newer name of `max_tokens`. */
  max_completion_tokens: JobLimits.shape.max_tokens,
  response_format: ResponseFormat.optional(),
  /** Of the answer's tokens; of reasoning none are told. */
  logprobs: z.boolean().optional(),
  /** Only with `logprobs`. */
  top_logprobs: z.int().min(0).max(MAX_TOP_LOGPROBS).optional(),
  ...Common,
});
export type ChatRequest = z.infer<typeof ChatRequest>;

export const CompletionRequest = z.strictObject({
  /** Each is one question, as a user would ask it; the model's own chat form is put around it. */
  prompt: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(MAX_CHOICES)]),
  /** Of the answer's tokens, and so many of the likeliest in their places. */
  logprobs: z.int().min(0).max(MAX_COMPLETION_LOGPROBS).optional(),
  ...Common,
});
export type CompletionRequest = z.infer<typeof CompletionRequest>;
