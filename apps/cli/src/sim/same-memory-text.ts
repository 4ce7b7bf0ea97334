import type { Side } from '@gistpool/sim';
import { table } from '../view/table';

export function sameMemoryText(sides: readonly Side[]): string {
  const traces = [...new Set(sides.map(({ trace }) => trace))];
  return traces
    .map((name) =>
      table(
        [
          name,
          '',
          'sessions a card',
          'over best vanilla',
          'makespan s',
          'times as fast',
          'tokens/s',
          'overflow',
        ],
        sides
          .filter(({ trace }) => trace === name)
          .map(({ decoding, figures, ...over }) => [
            decoding,
            figures.label,
            figures.sessions_per_card.toFixed(1),
            `${over.sessions_over_vanilla.toFixed(2)} x`,
            figures.makespan_s.toFixed(0),
            over.times_as_fast.toFixed(2),
            figures.goodput_tokens_per_s.toFixed(0),
            `${(100 * figures.overflow_share).toFixed(2)} %`,
          ]),
      ),
    )
    .join('\n');
}
