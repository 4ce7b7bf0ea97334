/** What the model said of the next token, at each place where one was chosen, of one text. */
export type Rows = readonly Float64Array[];

/** How far log-probabilities move under the same tokens. */
export interface Shift {
  readonly places: number;
  /** Mean over places of the Kullback-Leibler divergence from the reference, in nats. */
  readonly divergence_mean: number;
  /** Of the log-probability of the token that the reference chose. */
  readonly chosen_mean: number;
  readonly chosen_most: number;
  /** Places at which another token would be chosen. */
  readonly other_choices: number;
}

export function shiftOf(reference: readonly Rows[], other: readonly Rows[]): Shift {
  let [places, divergence, chosen, most, choices] = [0, 0, 0, 0, 0];
  reference.forEach((rows, text) => {
    rows.forEach((row, at) => {
      const now = other[text]?.[at];
      if (now === undefined) throw new Error(`text ${text} has no place ${at} in the other run`);
      const best = argmax(row);
      const moved = Math.abs((row[best] ?? 0) - (now[best] ?? 0));
      places += 1;
      divergence += divergenceOf(row, now);
      chosen += moved;
      most = Math.max(most, moved);
      if (argmax(now) !== best) choices += 1;
    });
  });
  return {
    places,
    divergence_mean: divergence / places,
    chosen_mean: chosen / places,
    chosen_most: most,
    other_choices: choices,
  };
}

export function argmax(row: Float64Array): number {
  let best = 0;
  for (let token = 1; token < row.length; token += 1) {
    if ((row[token] ?? -Infinity) > (row[best] ?? -Infinity)) best = token;
  }
  return best;
}

function divergenceOf(from: Float64Array, to: Float64Array): number {
  let sum = 0;
  for (let token = 0; token < from.length; token += 1) {
    const [p, q] = [from[token] ?? -Infinity, to[token] ?? -Infinity];
    if (Number.isFinite(p)) sum += Math.exp(p) * (p - q);
  }
  return Math.max(0, sum);
}
