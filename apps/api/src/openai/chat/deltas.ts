import type { AnswerLogprob, JobEvent, JobResult } from '@gistpool/contracts';
import { reasoningOf } from '../answers/ended-job';

export interface Delta {
  readonly kind: 'reasoning' | 'content';
  readonly text: string;
  /** Of the answer's tokens that it brings, where they were asked for. */
  readonly logprobs?: readonly AnswerLogprob[];
}

/**
 * A job's events -> what a client that listens is told next, each piece of text once.
 *
 *   thinking    text is reasoning
 *   answering   text is content; so is all text of a model that does not mark its answer and has no thoughts
 *   catching up the job went on elsewhere, maybe from before the last text that was told: nothing is told until the end of
 *               the thought, or of the answer, is known as a whole; then what is missing of it
 */
export class Deltas {
  private phase: 'reasoning' | 'content';
  private isCatchingUp = false;
  /** Thoughts that were told as a whole. */
  private finished = 0;
  /** Characters told of the present thought, of all reasoning, and of the answer. */
  private ofThought = 0;
  private ofReasoning = 0;
  private ofContent = 0;
  /** Of the answer's tokens. */
  private toldLogprobs = 0;

  constructor(answersAtOnce: boolean) {
    this.phase = answersAtOnce ? 'content' : 'reasoning';
  }

  next(event: JobEvent): Delta[] {
    switch (event.type) {
      case 'state':
        if (event.state === 'waiting' || event.state === 'retrying') this.isCatchingUp = this.hasToldAny;
        if (event.state === 'answering') this.phase = 'content';
        return [];
      case 'text':
        return this.isCatchingUp ? [] : this.tell(event.text, event.logprobs);
      case 'thought': {
        // Thought again after it was told: its checkpoint had not been written.
        if (event.thought < this.finished) return [];
        const missing = event.text.slice(this.ofThought);
        const told = this.isCatchingUp && this.phase === 'reasoning' ? this.tell(missing) : [];
        this.ofThought = 0;
        this.finished = event.thought + 1;
        this.isCatchingUp = false;
        return told;
      }
      default:
        return [];
    }
  }

  /** What was not told yet of a job that has ended. */
  rest(result: JobResult): Delta[] {
    const reasoning = reasoningOf(result).slice(this.ofReasoning);
    const content = result.answer.slice(this.ofContent);
    // An answer that was taken for reasoning while it came has been told as that.
    const isMarked = this.phase === 'content' || this.isCatchingUp;
    this.ofReasoning += reasoning.length;
    this.ofContent += content.length;
    const logprobs = result.logprobs?.slice(this.toldLogprobs);
    return [
      ...(isMarked && reasoning !== '' ? [{ kind: 'reasoning', text: reasoning } as const] : []),
      ...(content === ''
        ? []
        : [{ kind: 'content', text: content, ...(logprobs === undefined ? {} : { logprobs }) } as const]),
    ];
  }

  private get hasToldAny(): boolean {
    return this.ofReasoning + this.ofContent > 0;
  }

  private tell(text: string, logprobs?: readonly AnswerLogprob[]): Delta[] {
    if (text === '') return [];
    if (this.phase === 'content') {
      this.ofContent += text.length;
      this.toldLogprobs += logprobs?.length ?? 0;
      return [{ kind: 'content', text, ...(logprobs === undefined ? {} : { logprobs }) }];
    } else {
      this.ofThought += text.length;
      this.ofReasoning += text.length;
    }
    return [{ kind: this.phase, text }];
  }
}
