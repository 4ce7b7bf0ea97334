/**
 * The paper's measures in closed form (arXiv 2502.15589, section on metrics, and the authors' evaluation).
 * Lengths are sampled tokens. A thought's length counts its splitter; the tail is what follows the last compression and
 * counts the end token. `gistCount` is n: a compression leaves n gists and one continue.
 */

/** Plain decoding: prompt and output. */
export const vanillaPeak = (promptTokens: number, outputTokens: number): number =>
  promptTokens + outputTokens;

/** Plain decoding: `Lp*Lo + Lo*(Lo+1)/2`. */
export const vanillaDep = (promptTokens: number, outputTokens: number): number =>
  promptTokens * outputTokens + (outputTokens * (outputTokens + 1)) / 2;

/** Peak tokens: max over thoughts of `prompt + k(n+1) + thought + n+1`, and of the tail `prompt + k(n+1) + tail`. */
export function closedFormPeak(
  promptTokens: number,
  thoughtLengths: readonly number[],
  tailLength: number,
  gistCount: number,
): number {
  const kept = gistCount + 1;
  const spikes = thoughtLengths.map((length, k) => promptTokens + k * kept + length + kept);
  const tail = promptTokens + thoughtLengths.length * kept + tailLength;
  return spikes.reduce((most, spike) => Math.max(most, spike), tail);
}

/** Dep: sum over sampled tokens of `prompt + k(n+1) + place in the present thought`, places counted from 1. */
export function closedFormDep(
  promptTokens: number,
  thoughtLengths: readonly number[],
  tailLength: number,
  gistCount: number,
): number {
  const kept = gistCount + 1;
  return [...thoughtLengths, tailLength].reduce(
    (sum, length, k) => sum + vanillaDep(promptTokens + k * kept, length),
    0,
  );
}
