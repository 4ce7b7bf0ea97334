import type { Coverage } from './calibration';
import { meanTokensOf } from './expected-run';
import { boundOf, groupPath, groupTitles, type JobFeatures } from './features';
import { BORROWED_SESSIONS, type Predictor } from './predictor';
import { meanOf, quantile } from './survival';

/** What a job would be predicted, and why. Cells include the prompt. */
export interface Explanation {
  readonly predictedPeakCells: number;
  readonly typicalPeakCells: number;
  readonly upperBoundCells: number;
  readonly eps: number;
  /** From the general to the particular; each borrows from the one before. */
  readonly groups: readonly {
    readonly name: string;
    readonly endedSessions: number;
    readonly quantileCells: number | null;
  }[];
  /** The nearest group with sessions that are not its own, and the weight of what it was borrowed from there and above. */
  readonly borrowed: Borrowed | null;
  readonly coverage: Coverage;
  readonly thoughts: { readonly mean: number; readonly meanTokens: number };
  readonly run: {
    readonly meanTokens: number;
    readonly msPerToken: number | null;
    readonly typicalMs: number | null;
    readonly longMs: number | null;
  };
  readonly because: string;
}

export interface Borrowed {
  readonly from: string;
  /** 0 to 1. */
  readonly share: number;
}

export function explain(predictor: Predictor, features: JobFeatures): Explanation {
  const { eps } = predictor.options;
  const bound = boundOf(features);
  const cellsAt = (share: number, survival: Parameters<typeof quantile>[0]) =>
    Math.min(bound, features.promptTokens + quantile(survival, share));
  const path = groupPath(features);
  const titles = groupTitles(features);
  const groups = path.map((_, level) => {
    const known = predictor.knownAt(path.slice(0, level + 1), features);
    const { distributions, endedSessions } = known;
    const value = quantile(distributions.growth, known.level);
    return {
      name: titles[level] ?? '',
      endedSessions,
      quantileCells: Number.isFinite(value) ? features.promptTokens + value : null,
    };
  });
  const known = predictor.known(features);
  const { distributions, profile, coverage, msPerToken } = known;
  const predictedPeakCells = predictor.predictedPeakCells(features);
  const borrowed = borrowedBy(groups);
  const meanThoughts = meanOf(distributions.thoughts, features.limits.maxThoughts);
  const longTokens = Math.min(features.limits.maxTokens, profile.stepsQuantile(0.05));
  const meanTokens = meanTokensOf(known, features);
  const duration = (tokens: number) => (msPerToken === undefined ? null : Math.round(tokens * msPerToken));
  return {
    predictedPeakCells,
    typicalPeakCells: cellsAt(0.5, distributions.growth),
    upperBoundCells: bound,
    eps,
    groups,
    borrowed,
    coverage,
    thoughts: { mean: meanThoughts, meanTokens: profile.meanThoughtTokens },
    run: {
      meanTokens,
      msPerToken: msPerToken ?? null,
      typicalMs: duration(meanTokens),
      longMs: duration(longTokens),
    },
    because: reason(predictedPeakCells, bound, groups, borrowed, coverage.factor, eps),
  };
}

/** From the nearest group that has seen sessions beside those of the last one. */
function borrowedBy(groups: Explanation['groups']): Borrowed | null {
  const own = groups.at(-1)?.endedSessions ?? 0;
  const from = groups.findLast(({ endedSessions }) => endedSessions > own);
  if (from === undefined) return null;
  const others = Math.max(...groups.map(({ endedSessions }) => endedSessions)) - own;
  const strength = Math.min(BORROWED_SESSIONS, others);
  return { from: from.name, share: strength / (strength + own) };
}

function reason(
  predicted: number,
  bound: number,
  groups: Explanation['groups'],
  borrowed: Borrowed | null,
  factor: number,
  eps: number,
): string {
  const all = groups[0]?.endedSessions ?? 0;
  const own = groups.at(-1)?.endedSessions ?? 0;
  const percent = `${Number((100 * eps).toPrecision(3))} %`;
  const percentBorrowed = Math.round(100 * (borrowed?.share ?? 0));
  const parents =
    percentBorrowed >= 5 ? ` and, for about ${percentBorrowed} %, by those of "${borrowed?.from}"` : '';
  if (predicted >= bound) {
    const isCold = groups.at(-1)?.quantileCells === null;
    const why = isCold
      ? `${Math.floor(all)} sessions of this model have ended; about ${Math.ceil(1 / eps) - 1} are needed, more while ` +
        `long ones still run, to promise that at most ${percent} exceed less`
      : `by the ${Math.floor(own)} ended sessions of its own group${parents}, more than ${percent} would exceed less`;
    return `The limits' upper bound of ${bound} cells: ${why}.`;
  }
  const widened = factor > 1.005 ? ` Recent misses widen it by a factor of ${factor.toFixed(2)}.` : '';
  return (
    `At most ${percent} of such jobs exceed it, by ${Math.floor(own)} ended sessions of its own group` +
    `${parents}.${widened}`
  );
}
