import type { CardView } from '@gistpool/contracts';
import { bytes, count, percent, rate } from '../format/numbers';
import { May } from '../session/may';
import { Figures } from '../ui/figures';
import { CardOrders } from './card-orders';
import { LanePanel } from './lane-panel';
import { batchFill, busySlots, slotsOf, useOfCard } from './memory';
import { Temperature } from './temperature';

const TONES: Readonly<Record<string, string>> = {
  ready: 'good',
  reshaping: 'info',
  cordoned: 'warn',
  draining: 'warn',
  drained: 'bad',
};

export function CardPanel({ card }: { readonly card: CardView }) {
  const state = card.cordon ?? card.state;
  const fill = batchFill(card);
  return (
    <section className="panel card" aria-label={card.card}>
      <header className="row apart">
        <div className="row">
          <h2>{card.card}</h2>
          <span className={`badge ${TONES[state] ?? ''}`}>{state}</span>
          <span className="soft small">
            {card.model} · {card.method} · {card.device}
          </span>
        </div>
        <May scope="admin">
          <CardOrders card={card} />
        </May>
      </header>
      <Figures
        label={`Figures of ${card.card}`}
        figures={[
          ['tokens/s', rate(card.tokens_per_second)],
          ['steps/s', card.steps_per_second === undefined ? '–' : rate(card.steps_per_second)],
          ['batch fill', fill === null ? '–' : `${rate(fill.perStep)} (${percent(fill.share)})`],
          ['slots busy', `${count(busySlots(card))} of ${count(slotsOf(card).length)}`],
          ['KV memory', `${bytes(card.kv_bytes)} of ${bytes(card.kv_budget_bytes)}`],
          ['compressions', count(card.compressions_total)],
        ]}
      />
      <Temperature use={useOfCard(card)} name={card.card} />
      {card.lanes.map((lane) => (
        <LanePanel key={lane.lane} lane={lane} card={card.card} />
      ))}
    </section>
  );
}
