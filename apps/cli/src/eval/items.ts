import type { Usage } from '@gistpool/contracts';
import type { DataSet } from '../puzzles/puzzle';
import type { Outcome } from '../summary';
import type { ItemRecord } from './item-record';

/** One item of a run with all its samples; its answer is that of the majority. */
export interface Item extends Outcome {
  readonly id: string;
  readonly family: string;
  readonly dataSet: DataSet;
  readonly fingerprint: string;
  readonly target: string;
  readonly answer: string;
  readonly samples: readonly ItemRecord[];
}

export const keyOf = (id: string, sample: number): string => `${id}#${sample}`;

const inOrder = new Intl.Collator('en', { numeric: true }).compare;

/** A run's items by family and id. Of records of the same sample the last one counts. */
export function itemsOf(records: readonly ItemRecord[]): Item[] {
  const latest = new Map(records.map((record) => [keyOf(record.id, record.sample), record]));
  const samplesOf = new Map<string, ItemRecord[]>();
  for (const record of latest.values())
    samplesOf.set(record.id, [...(samplesOf.get(record.id) ?? []), record]);
  return [...samplesOf.values()]
    .map((samples) => itemOf(samples.sort((a, b) => a.sample - b.sample)))
    .sort((a, b) => inOrder(a.family, b.family) || inOrder(a.id, b.id));
}

function itemOf(samples: readonly ItemRecord[]): Item {
  const [first] = samples;
  if (first === undefined) throw new Error('an item without records');
  const winner = majorityOf(samples);
  return {
    id: first.id,
    family: first.family,
    dataSet: first.data_set,
    fingerprint: first.fingerprint,
    target: first.target,
    samples,
    answer: winner?.answer ?? '',
    isRight: winner?.right ?? false,
    isCompleted: samples.every((sample) => sample.state === 'completed'),
    usages: samples.flatMap(({ state, usage }): Usage[] =>
      state === 'completed' && usage !== undefined ? [usage] : [],
    ),
  };
}

/** A sample with the answer most samples gave; of answers with as many votes the one that came first. */
export function majorityOf<T extends Pick<ItemRecord, 'answer' | 'state'>>(
  samples: readonly T[],
): T | undefined {
  const votes = new Map<string, { count: number; first: T }>();
  for (const sample of samples) {
    if (sample.state !== 'completed' || sample.answer === '') continue;
    const vote = votes.get(sample.answer);
    votes.set(sample.answer, { count: (vote?.count ?? 0) + 1, first: vote?.first ?? sample });
  }
  let winner: { count: number; first: T } | undefined;
  for (const vote of votes.values()) if (winner === undefined || vote.count > winner.count) winner = vote;
  return winner?.first;
}

/** Seconds in which at least one job was in a slot: a run's time without the pauses between its parts. */
export function busySeconds(records: readonly ItemRecord[]): number {
  const spans = records
    .flatMap(({ placed_at_ms: from, finished_at_ms: to }) =>
      from === undefined || to === undefined ? [] : [{ from, to }],
    )
    .sort((a, b) => a.from - b.from);
  let busyMs = 0;
  let end = -Infinity;
  for (const { from, to } of spans) {
    busyMs += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return busyMs / 1000;
}
