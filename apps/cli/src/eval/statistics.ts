import { seededRandom } from '../puzzles/seeded';

/** A figure with its 95 % confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The standard normal's 97.5 % point. */
const Z = 1.959963984540054;
const RESAMPLES = 1000;
const SEED = 20_250_502;

/** Wilson's score interval of a share (E. B. Wilson, 1927). */
export function wilson(hits: number, trials: number): Estimate {
  if (trials === 0) return { value: 0, low: 0, high: 1 };
  const share = hits / trials;
  const z2 = (Z * Z) / trials;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = (Z / (1 + z2)) * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials));
  return { value: share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Difference `a - b` of two shares over the same items (R. G. Newcombe, 1998, "paired data", method 10). */
export function pairedShareDifference(pairs: readonly (readonly [a: boolean, b: boolean])[]): Estimate {
  const count = (a: boolean, b: boolean) => pairs.filter((pair) => pair[0] === a && pair[1] === b).length;
  const [both, onlyA, onlyB, none] = [
    count(true, true),
    count(true, false),
    count(false, true),
    count(false, false),
  ];
  const [a, b] = [wilson(both + onlyA, pairs.length), wilson(both + onlyB, pairs.length)];
  const value = a.value - b.value;
  const margins = (both + onlyA) * (onlyB + none) * (both + onlyB) * (onlyA + none);
  const cross = both * none - onlyA * onlyB;
  const corrected = cross > pairs.length / 2 ? cross - pairs.length / 2 : Math.min(cross, 0);
  const phi = margins === 0 ? 0 : corrected / Math.sqrt(margins);
  const spread = (x: number, y: number) => Math.sqrt(Math.max(0, x * x - 2 * phi * x * y + y * y));
  return {
    value,
    low: Math.max(-1, value - spread(a.value - a.low, b.high - b.value)),
    high: Math.min(1, value + spread(a.high - a.value, b.value - b.low)),
  };
}

/** Mean with the percentile bootstrap's interval; the same values give the same interval. */
export function bootstrapMean(values: readonly number[]): Estimate {
  const value = sum(values) / Math.max(1, values.length);
  return within(
    value,
    resampled(values.length, (draw) => sum(draw.map((at) => values[at] ?? 0)) / values.length),
  );
}

/** Ratio of the means of two figures of the same items; items are drawn, so that pairs stay together. */
export function bootstrapRatio(pairs: readonly (readonly [above: number, below: number])[]): Estimate {
  const ratioOf = (drawn: readonly number[]): number => {
    let [above, below] = [0, 0];
    for (const at of drawn) {
      above += pairs[at]?.[0] ?? 0;
      below += pairs[at]?.[1] ?? 0;
    }
    return below === 0 ? NaN : above / below;
  };
  return within(ratioOf([...pairs.keys()]), resampled(pairs.length, ratioOf));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function resampled(length: number, statistic: (draw: readonly number[]) => number): number[] {
  if (length < 2) return [];
  const random = seededRandom(SEED);
  const draw = new Array<number>(length).fill(0);
  return Array.from({ length: RESAMPLES }, () => {
    for (let at = 0; at < length; at += 1) draw[at] = Math.floor(random() * length);
    return statistic(draw);
  }).filter((value) => Number.isFinite(value));
}

function within(value: number, draws: readonly number[]): Estimate {
  if (draws.length === 0) return { value, low: value, high: value };
  const sorted = [...draws].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? value;
  return { value, low: at(0.025), high: at(0.975) };
}
