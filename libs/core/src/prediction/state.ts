import type { Counts } from './counts';
import { Group } from './group';
import { Predictor, type PredictorOptions } from './predictor';

/** A predictor as it is stored. */
export interface PredictorState {
  readonly version: 1;
  readonly groups: readonly {
    readonly path: string;
    readonly epochs: readonly {
      readonly epoch: number;
      readonly counts: readonly (readonly [number, number])[];
    }[];
  }[];
}

export type ReadState =
  | { readonly ok: true; readonly predictor: Predictor }
  /** Start with an empty one: what was learnt is lost, nothing else. */
  | { readonly ok: false; readonly problem: string };

/** In one order whatever was counted first: equal predictors have equal states. */
export function stateOf(predictor: Predictor): PredictorState {
  const groups = [...predictor.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    version: 1,
    groups: groups.map(([path, group]) => ({
      path,
      epochs: group.entries().map(([epoch, counts]) => ({
        epoch,
        counts: [...counts].sort(([a], [b]) => a - b),
      })),
    })),
  };
}

export function predictorOf(state: unknown, options: PredictorOptions): ReadState {
  const version = (state as { version?: unknown } | null)?.version;
  if (version !== 1)
    return { ok: false, problem: `version ${String(version)} of a predictor's state; 1 is known` };
  const groups = new Map<string, Group>();
  try {
    for (const { path, epochs } of (state as PredictorState).groups) {
      const read = epochs.map(({ epoch, counts }): [number, Counts] => [epoch, new Map(counts.map(pair))]);
      groups.set(path, new Group(new Map(read)));
    }
  } catch (error) {
    return { ok: false, problem: `a predictor's state cannot be read: ${String(error)}` };
  }
  return { ok: true, predictor: new Predictor(options, groups) };
}

function pair([key, count]: readonly [number, number]): [number, number] {
  if (Number.isInteger(key) && Number.isFinite(count)) return [key, count];
  throw new TypeError(`[${key}, ${count}] is no counter`);
}
