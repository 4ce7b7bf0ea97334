/** What a card has done since it was opened. Written by its lanes and their sessions. */
export class Totals {
  /** Sampled. */
  generatedTokens = 0;
  compressions = 0;
  /** Fed in decode steps: sampled tokens, splitters, gists and continues. */
  decodedTokens = 0;
  /** Spent waiting for samples, with logits at hand. */
  samplingMs = 0;
  /** Times that the card got new lanes while it ran. */
  reshapes = 0;
}
