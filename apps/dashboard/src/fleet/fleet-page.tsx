import { Link } from 'react-router';
import type { FleetView } from '@gistpool/contracts';
import '../style/fleet.css';
import { useFleet } from '../api/fleet';
import { count, plural, rate } from '../format/numbers';
import { May } from '../session/may';
import { Empty } from '../ui/empty';
import { Figures } from '../ui/figures';
import { Problem } from '../ui/problem';
import { useTitle } from '../ui/use-title';
import { CardPanel } from './card-panel';
import { busySlots, slotsOf } from './memory';

export function FleetPage() {
  useTitle('Fleet');
  const { data: fleet, error } = useFleet();
  return (
    <div className="stack">
      <div className="row apart">
        <h1>Fleet</h1>
        <May scope="submit">
          <Link className="button strong" to="/submit">
            Submit a job
          </Link>
        </May>
      </div>
      <Problem error={error} />
      {fleet === undefined && error === null && <p className="soft">Loading…</p>}
      {fleet !== undefined && <Fleet fleet={fleet} />}
    </div>
  );
}

function Fleet({ fleet }: { readonly fleet: FleetView }) {
  const { cards } = fleet;
  const total = (of: (card: FleetView['cards'][number]) => number) =>
    cards.reduce((sum, card) => sum + of(card), 0);
  return (
    <>
      <Figures
        label="The pool"
        figures={[
          ['waiting', count(fleet.waiting)],
          ['running', count(fleet.running)],
          ['cards', count(cards.length)],
          ['slots busy', `${count(total(busySlots))} of ${count(total((card) => slotsOf(card).length))}`],
          ['tokens/s', rate(total((card) => card.tokens_per_second))],
        ]}
      />
      {fleet.scheduler.leader === null && (
        <p className="notice warn">
          <strong>No scheduler leads.</strong> Jobs are taken and wait until one does; what runs goes on.
        </p>
      )}
      {cards.length === 0 ? (
        <NoCards fleet={fleet} />
      ) : (
        <p className="legend small soft">
          <span>
            <i className="key live" /> cells a job held over its last steps
          </span>
          <span>
            <i className="key reserved" /> reserved for it
          </span>
          <span>
            <i className="key predicted" /> predicted peak
          </span>
        </p>
      )}
      {cards.map((card) => (
        <CardPanel key={card.card} card={card} />
      ))}
    </>
  );
}

function NoCards({ fleet }: { readonly fleet: FleetView }) {
  return (
    <Empty title="No card reports itself">
      <p>
        {fleet.models.length === 0
          ? 'No model was ever served here. Start a worker: '
          : `${plural(fleet.waiting, 'job')} wait until a worker of their model starts: `}
        <code>./gistpool up --model your-model.gguf</code>
      </p>
    </Empty>
  );
}
