import type { AnswerLogprob } from '@gistpool/contracts';
import type { TokenId } from '@gistpool/core';
import type { EngineContext, Sampler } from './binding';
import type { ServedModel } from './served-model';

/** JSON has no minus infinity. */
const LEAST = -9999;
const BROKEN = '\uFFFD';

/** Sampled tokens before it, the token, its log-probability, and token and log-probability of each of the likeliest. */
type Note = readonly number[];

/** How likely the tokens of an answer were by the model's own logits: before temperature, biases and grammar. */
export class AnswerLogprobs {
  private readonly plain: Sampler;
  private readonly notes: Note[];
  private told: number;

  constructor(
    private readonly model: ServedModel,
    private readonly top: number,
    before: readonly Note[] = [],
  ) {
    this.plain = model.engine.createSampler();
    this.plain.applyConfig({});
    this.notes = [...before];
    this.told = before.length;
  }

  /** Of the token that was sampled from this row, after `sampled` others. What is no text is not noted. */
  async note(context: EngineContext, row: number, token: TokenId, sampled: number): Promise<void> {
    if (this.model.text.isHidden(token)) return;
    const { chosen, likeliest } = await context.tokenLogProbabilities(row, this.plain, token, this.top);
    this.notes.push([sampled, token, ...[chosen, ...likeliest.flat()].map(told)]);
  }

  /** Those not given yet. */
  untold(): AnswerLogprob[] {
    const from = this.told;
    this.told = this.notes.length;
    return this.notes.slice(from).map((note) => this.view(note));
  }

  /** For a checkpoint that has so many sampled tokens. */
  upTo(sampled: number): readonly Note[] {
    return this.notes.filter(([before = 0]) => before < sampled);
  }

  /** Those of an answer that began after so many sampled tokens; a stop string may have cut its end off. */
  of(answer: string, answerBegan: number): AnswerLogprob[] {
    let length = 0;
    return this.notes
      .filter(([before = 0]) => before >= answerBegan)
      .map((note) => this.view(note))
      .filter(({ token }) => {
        const isWithin = length < answer.length;
        length += token.length;
        return isWithin;
      });
  }

  dispose(): void {
    this.plain.dispose();
  }

  private view([, token = 0, logprob = LEAST, ...pairs]: Note): AnswerLogprob {
    const top = Array.from({ length: pairs.length / 2 }, (_, at) =>
      this.one(pairs[2 * at] ?? 0, pairs[2 * at + 1] ?? LEAST),
    );
    return { ...this.one(token, logprob), top_logprobs: top };
  }

  private one(id: TokenId, logprob: number): Omit<AnswerLogprob, 'top_logprobs'> {
    const { text } = this.model;
    // A token that is never text is one that could have been sampled all the same.
    const token = text.isHidden(id) ? (this.model.file.vocabulary[id] ?? '') : text.piece(id);
    return { token, logprob, bytes: token.includes(BROKEN) ? null : [...Buffer.from(token)] };
  }
}

/** Six digits are more than the engine's numbers are good for; probabilities above 1 are rounding. */
const told = (value: number): number =>
  Number.isInteger(value) ? value : Math.min(0, Math.max(LEAST, rounded(value)));
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
