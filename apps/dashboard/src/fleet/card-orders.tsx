import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { CardOrder, CardView } from '@gistpool/contracts';
import { messageOf } from '../api/client';
import { orderCard } from '../api/fleet';
import { Confirm } from '../ui/confirm';
import { say, sayProblem } from '../ui/toasts';

const DONE: Readonly<Record<CardOrder, string>> = {
  cordon: 'gets no new jobs',
  drain: 'hands back what it has',
  uncordon: 'takes jobs again',
};

/** Cordon, drain and uncordon; only what changes something is offered. */
export function CardOrders({ card }: { readonly card: CardView }) {
  const queries = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: (order: CardOrder) => orderCard(card.card, order),
    onSuccess: (_receipt, order) => {
      say(`${card.card} ${DONE[order]}.`);
      return queries.invalidateQueries({ queryKey: ['fleet'] });
    },
    onError: (error) => sayProblem(`${card.card}: ${messageOf(error)}`),
  });
  const isEmptied = card.cordon === 'draining' || card.cordon === 'drained';
  return (
    <div className="row orders">
      {card.cordon === undefined && (
        <button type="button" className="button" disabled={isPending} onClick={() => mutate('cordon')}>
          Cordon<span className="visually-hidden"> {card.card}</span>
        </button>
      )}
      {!isEmptied && (
        <Confirm
          title={`Drain ${card.card}?`}
          text="It gets no new jobs, and each of its jobs goes back to the queue at its next checkpoint and on elsewhere. Nothing is lost."
          action="Drain"
          onConfirm={() => mutate('drain')}
          trigger={
            <button type="button" className="button" disabled={isPending}>
              Drain<span className="visually-hidden"> {card.card}</span>
            </button>
          }
        />
      )}
      {card.cordon !== undefined && (
        <button
          type="button"
          className="button strong"
          disabled={isPending}
          onClick={() => mutate('uncordon')}
        >
          Uncordon<span className="visually-hidden"> {card.card}</span>
        </button>
      )}
    </div>
  );
}
