import type { Outcome } from '@gistpool/sim';
import type { WayOutcome } from './what-if';
import type { Way } from './question';

export interface Served {
  readonly way: Way;
  readonly outcome: Outcome;
}

export const servedOf = (outcomes: readonly WayOutcome[]): Served[] =>
  outcomes.flatMap(({ way, outcome }) => (outcome === undefined ? [] : [{ way, outcome }]));

const MOMENTS = 240;

export interface Course {
  /** Seconds. */
  readonly x: readonly number[];
  /** Of each way: null once it has ended. */
  readonly cells: readonly (readonly (number | null)[])[];
  readonly waiting: readonly (readonly (number | null)[])[];
}

/** All ways over one time: the share of all cells in use, in per cent, and how many jobs wait. */
export function courseOf(served: readonly Served[]): Course {
  const lastMs = Math.max(1, ...served.map(({ outcome }) => 1000 * outcome.figures.makespan_s));
  const atMs = Array.from({ length: MOMENTS + 1 }, (_, at) => (at * lastMs) / MOMENTS);
  const over = (of: (sample: Outcome['samples'][number], outcome: Outcome) => number) =>
    served.map(({ outcome }) => {
      const { samples, figures } = outcome;
      let next = 0;
      let value = 0;
      return atMs.map((ms) => {
        for (let sample = samples[next]; sample && sample.atMs <= ms; sample = samples[next]) {
          value = of(sample, outcome);
          next += 1;
        }
        return ms > 1000 * figures.makespan_s ? null : value;
      });
    });
  return {
    x: atMs.map((ms) => ms / 1000),
    cells: over(({ cells }, { figures }) => {
      const whole = cells.length * figures.pools.pools * figures.pools.cells;
      return whole === 0 ? 0 : (100 * cells.reduce((sum, live) => sum + live, 0)) / whole;
    }),
    waiting: over(({ waiting }) => waiting),
  };
}

/** gistpool against the best of the others, in words; undefined where there is nothing to compare. */
export function verdictOf(served: readonly Served[]): string | undefined {
  const own = served.find(({ way }) => way.id === 'gistpool')?.outcome.figures;
  const others = served.filter(({ way }) => way.id !== 'gistpool' && way.id !== 'oracle');
  if (!own || others.length === 0) return undefined;
  const best = others.reduce((first, one) =>
    one.outcome.figures.makespan_s < first.outcome.figures.makespan_s ? one : first,
  );
  const { makespan_s: makespan, sessions_per_card: sessions } = best.outcome.figures;
  const times = (ratio: number) => ratio.toFixed(2);
  return (
    `gistpool takes ${times(own.makespan_s / makespan)} times as long as the fastest other way ` +
    `(${best.way.name.toLowerCase()}), with ${times(own.sessions_per_card / sessions)} times as many sessions at once.`
  );
}
