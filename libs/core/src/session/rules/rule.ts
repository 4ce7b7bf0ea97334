import type { Timeline } from '../timeline';
import type { TokenId } from '../types';

/** How one eviction policy cuts the sampled tokens into thoughts and plans what is fed and what goes. */
export interface Rule {
  /** Fed by the session only; a sampler must never choose them. */
  readonly forbidden: readonly TokenId[];
  /** Cells that one compression adds beyond sampled tokens: gists and continue. */
  readonly cellsPerCompression: number;
  /** The prompt is planned. */
  afterPrompt(timeline: Timeline): void;
  /** Whether `token`, as the `length`-th sampled token of the present thought, ends that thought. */
  closes(token: TokenId, length: number): boolean;
  /** Plans the feed of a sampled token and all that follows from it. `thought`: the number of the thought it closes. */
  plan(token: TokenId, thought: number | undefined, timeline: Timeline): void;
  /** The token to be fed next although it was not sampled, because the thought has grown to its limit. */
  forced(length: number, timeline: Timeline): TokenId | undefined;
}
