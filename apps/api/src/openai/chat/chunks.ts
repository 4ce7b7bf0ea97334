import type { BatchEndpoint, CompletionUsage } from '@gistpool/contracts';
import { completionIdOf } from '../answers/completion';
import { chatLogprobs, textLogprobs } from '../answers/told-logprobs';
import type { Delta } from './deltas';

/** Chunks of a streamed answer in OpenAI's form. */
export class Chunks {
  private readonly head: Record<string, unknown>;
  private readonly isChat: boolean;
  /** Characters told of each choice's answer. */
  private readonly lengths = new Map<number, number>();

  constructor(
    endpoint: BatchEndpoint,
    job: { readonly id: string; readonly model: string; readonly createdAtMs: number },
    private readonly includesUsage: boolean,
  ) {
    this.isChat = endpoint === '/v1/chat/completions';
    this.head = {
      id: completionIdOf(endpoint, job.id),
      object: this.isChat ? 'chat.completion.chunk' : 'text_completion',
      created: Math.floor(job.createdAtMs / 1000),
      model: job.model,
    };
  }

  /** A chat's choice says first who speaks. */
  first(index: number): object | undefined {
    return this.isChat ? this.chunk(index, { delta: { role: 'assistant', content: '' } }) : undefined;
  }

  text(index: number, { kind, text, logprobs }: Delta): object {
    if (this.isChat)
      return this.chunk(index, {
        delta: kind === 'content' ? { content: text } : { reasoning_content: text },
        logprobs: chatLogprobs(logprobs),
      });
    if (kind !== 'content') return this.chunk(index, { text: '', reasoning_content: text });
    const from = this.lengths.get(index) ?? 0;
    this.lengths.set(index, from + text.length);
    return this.chunk(index, { text, logprobs: textLogprobs(logprobs, from) });
  }

  last(index: number, finish_reason: 'stop' | 'length'): object {
    return this.chunk(index, this.isChat ? { delta: {}, finish_reason } : { text: '', finish_reason });
  }

  usage(usage: CompletionUsage): object | undefined {
    return this.includesUsage ? { ...this.head, choices: [], usage } : undefined;
  }

  private chunk(index: number, choice: object): object {
    return {
      ...this.head,
      choices: [{ index, finish_reason: null, logprobs: null, ...choice }],
      ...(this.includesUsage ? { usage: null } : {}),
    };
  }
}
