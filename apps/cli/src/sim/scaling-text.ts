import type { ScalingComparison } from '@gistpool/sim';
import { table } from '../view/table';

export function scalingText({ runs, equal }: ScalingComparison): string {
  const each = table(
    ['rule', 'setting', 'card-minutes', 'most cards', 'wait p95 s', 'turnaround p95 s', 'handed back'],
    runs.map((one) => [
      one.rule,
      one.setting,
      one.card_minutes.toFixed(0),
      String(one.most_cards),
      one.wait_p95_s.toFixed(0),
      one.turnaround_p95_s.toFixed(0),
      String(one.handed_back),
    ]),
  );
  const beside = table(
    ['at turnaround p95', 'queue length', 'its card-minutes', 'predicted demand', 'of it'],
    equal.map((one) => [
      `${one.turnaround_p95_s.toFixed(0)} s`,
      one.setting,
      one.queue_length_card_minutes.toFixed(0),
      one.demand_card_minutes.toFixed(0),
      `${((100 * one.demand_card_minutes) / one.queue_length_card_minutes).toFixed(0)} %`,
    ]),
  );
  return `${each}\n${beside}`;
}
