import { z } from 'zod';
import { AnswerLogprob } from '../logprobs';

/** What the answer cost in memory: formulas in docs/metrics.md. Of several choices sums, and the largest of the peaks. */
export const MemoryLedger = z.object({
  /** One per choice. */
  jobs: z.array(z.string()),
  peak_cells: z.int(),
  predicted_peak_cells: z.int(),
  kv_bytes_at_peak: z.int(),
  /** Bytes of KV cache, times the seconds for which they were held. */
  kv_byte_seconds: z.int(),
  dep: z.int(),
  thoughts: z.int(),
  compressions: z.int(),
  resumes: z.int(),
  queue_ms: z.int(),
  run_ms: z.int(),
});

export const CompletionUsage = z.object({
  prompt_tokens: z.int(),
  /** Reasoning and answer. */
  completion_tokens: z.int(),
  total_tokens: z.int(),
  completion_tokens_details: z.object({ reasoning_tokens: z.int() }),
  gistpool: MemoryLedger,
});
export type CompletionUsage = z.infer<typeof CompletionUsage>;

/** Of the answer's tokens. */
const ChatLogprobs = z.object({ content: z.array(AnswerLogprob), refusal: z.null() });
export type ChatLogprobs = z.infer<typeof ChatLogprobs>;

const TextLogprobs = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number()),
  /** Null where none were asked for. */
  top_logprobs: z.array(z.record(z.string(), z.number())).nullable(),
  /** Characters of the answer before each token. */
  text_offset: z.array(z.int()),
});
export type TextLogprobs = z.infer<typeof TextLogprobs>;

const finish_reason = z.enum(['stop', 'length']);

/** What all chunks of a streamed answer have; the last, without a choice, has the usage if it was asked for. */
const Chunk = {
  id: z.string(),
  created: z.int(),
  model: z.string(),
  usage: CompletionUsage.nullable().optional(),
};

export const ChatCompletion = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      message: z.object({
        role: z.literal('assistant'),
        content: z.string(),
        /** The thoughts. */
        reasoning_content: z.string(),
        refusal: z.null(),
      }),
      finish_reason,
      logprobs: ChatLogprobs.nullable(),
    }),
  ),
  usage: CompletionUsage,
});
export type ChatCompletion = z.infer<typeof ChatCompletion>;

export const TextCompletion = z.object({
  id: z.string(),
  object: z.literal('text_completion'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      /** The answer. */
      text: z.string(),
      reasoning_content: z.string(),
      finish_reason,
      logprobs: TextLogprobs.nullable(),
    }),
  ),
  usage: CompletionUsage,
});
export type TextCompletion = z.infer<typeof TextCompletion>;

export const ChatCompletionChunk = z.object({
  ...Chunk,
  object: z.literal('chat.completion.chunk'),
  choices: z.array(
    z.object({
      index: z.int(),
      delta: z.object({
        role: z.literal('assistant').optional(),
        content: z.string().optional(),
        reasoning_content: z.string().optional(),
      }),
      finish_reason: finish_reason.nullable(),
      logprobs: ChatLogprobs.nullable(),
    }),
  ),
});
export type ChatCompletionChunk = z.infer<typeof ChatCompletionChunk>;

export const TextCompletionChunk = z.object({
  ...Chunk,
  object: z.literal('text_completion'),
  choices: z.array(
    z.object({
      index: z.int(),
      text: z.string(),
      reasoning_content: z.string().optional(),
      finish_reason: finish_reason.nullable(),
      logprobs: TextLogprobs.nullable(),
    }),
  ),
});
export type TextCompletionChunk = z.infer<typeof TextCompletionChunk>;
