/** One equation: `value` is about the sum of `terms`, each times its coefficient. */
export interface Equation {
  readonly terms: readonly number[];
  readonly value: number;
}

const SINGULAR = 1e-9;

/**
 * Coefficients, none below 0, with the least sum of squares. There are few of them, so every choice of those that are 0 is
 * tried; what the equations cannot tell apart is given to one of the two.
 */
export function leastSquares(equations: readonly Equation[]): { coefficients: number[]; rest: number } {
  const count = equations[0]?.terms.length ?? 0;
  const all = Array.from({ length: count }, (_, at) => at);
  // Columns of like size, or a small one would pass for nothing.
  const scale = all.map((at) => Math.sqrt(mean(equations, ({ terms }) => (terms[at] ?? 0) ** 2)));
  let best = { coefficients: all.map(() => 0), rest: restOf(equations, []) };
  for (let choice = 1; choice < 2 ** count; choice += 1) {
    const chosen = all.filter((at) => (choice & (1 << at)) !== 0 && (scale[at] ?? 0) > 0);
    const solved = solve(chosen, equations, scale);
    if (!solved || solved.some((value) => value < 0)) continue;
    const coefficients = all.map((at) => solved[chosen.indexOf(at)] ?? 0);
    const rest = restOf(equations, coefficients);
    if (rest < best.rest) best = { coefficients, rest };
  }
  return best;
}

/** Sum of squares that is left. */
const restOf = (equations: readonly Equation[], coefficients: readonly number[]): number =>
  equations.reduce((sum, { terms, value }) => {
    const explained = terms.reduce((part, term, at) => part + term * (coefficients[at] ?? 0), 0);
    return sum + (value - explained) ** 2;
  }, 0);

const mean = (equations: readonly Equation[], of: (one: Equation) => number): number =>
  equations.reduce((sum, one) => sum + of(one), 0) / equations.length;

/** The normal equations of the chosen terms, by elimination; undefined where they do not decide. */
function solve(
  chosen: readonly number[],
  equations: readonly Equation[],
  scale: readonly number[],
): number[] | undefined {
  const scaled = ({ terms }: Equation, at: number) => (terms[at] ?? 0) / (scale[at] ?? 1);
  const rows = chosen.map((at) => [
    ...chosen.map((other) => mean(equations, (one) => scaled(one, at) * scaled(one, other))),
    mean(equations, (one) => scaled(one, at) * one.value),
  ]);
  for (let pivot = 0; pivot < rows.length; pivot += 1) {
    const row = rows[pivot] ?? [];
    const divisor = row[pivot] ?? 0;
    if (Math.abs(divisor) < SINGULAR) return undefined;
    for (let at = 0; at < row.length; at += 1) row[at] = (row[at] ?? 0) / divisor;
    rows.forEach((other, index) => {
      const factor = other[pivot] ?? 0;
      if (index === pivot || factor === 0) return;
      for (let at = 0; at < other.length; at += 1) other[at] = (other[at] ?? 0) - factor * (row[at] ?? 0);
    });
  }
  return rows.map((row, at) => (row.at(-1) ?? 0) / (scale[chosen[at] ?? 0] ?? 1));
}
