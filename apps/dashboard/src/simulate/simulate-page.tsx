import { useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import '../style/simulate.css';
import { useFleet } from '../api/fleet';
import { percent, plural } from '../format/numbers';
import { Empty } from '../ui/empty';
import { Problem } from '../ui/problem';
import { useTitle } from '../ui/use-title';
import { servedOf, verdictOf } from './compare';
import { OutcomeCharts } from './outcome-charts';
import { OutcomeTable } from './outcome-table';
import { addressOf, OWN, questionOf } from './question';
import { QuestionForm } from './question-form';
import type { Run } from './simulator';
import { useOwnJobs } from './use-own-jobs';
import { useSimulation } from './use-simulation';

export function SimulatePage() {
  useTitle('Simulate');
  const [address, setAddress] = useSearchParams();
  const question = questionOf(address);
  const isOwn = question.trace.startsWith(OWN);
  const own = useOwnJobs(question.trace);
  const fleet = useFleet().data;
  const hasNone = isOwn && own.data?.jobs.length === 0;
  const { run, stop, runAgain } = useSimulation(
    question,
    !isOwn ? undefined : hasNone ? null : (own.data ?? null),
  );
  const served = useMemo(() => servedOf(run.outcomes), [run.outcomes]);
  return (
    <div className="stack">
      <h1>Simulate</h1>
      <p className="soft">
        What if there were more cards, or less memory? The simulator of <code>gistpool sim</code> runs here,
        in this browser, on core&apos;s own prediction and packing; the pool has no work with it.
      </p>
      <div className="simulate">
        <QuestionForm
          question={question}
          fleet={fleet}
          onChange={(change) => setAddress(addressOf({ ...question, ...change }), { replace: true })}
        />
        <div className="stack">
          <Problem error={own.error} />
          {hasNone ? (
            <Empty title="No job of this model has completed yet">
              <p>
                <Link to="/submit">Submit some</Link>, or choose jobs that were made to match published
                figures.
              </p>
            </Empty>
          ) : (
            <Status run={run} onStop={stop} onAgain={runAgain} />
          )}
          {!hasNone && run.outcomes.length > 0 && (
            <section className="panel stack tight" aria-labelledby="figures">
              <h2 id="figures">Figures</h2>
              {run.state === 'done' && <p>{verdictOf(served)}</p>}
              <OutcomeTable outcomes={run.outcomes} />
              <p className="soft small">
                Rates, sessions and cells are of the time until no job waited; all ended counts everything.{' '}
                {isOwn
                  ? `Jobs are drawn from the last ${plural(own.data?.jobs.length ?? 0, 'completed job')} of this pool, and a step takes what theirs took.`
                  : 'A step takes what it would on an H100-like card, by roofline, not measured.'}
              </p>
            </section>
          )}
        </div>
      </div>
      {!hasNone && served.length > 0 && <OutcomeCharts served={served} />}
    </div>
  );
}

interface StatusProps {
  readonly run: Run;
  readonly onStop: () => void;
  readonly onAgain: () => void;
}

function Status({ run, onStop, onAgain }: StatusProps) {
  const { state, told, problem } = run;
  const share = told?.share ?? 0;
  if (state === 'running')
    return (
      <div className="panel row apart">
        <label className="stack tight simulating">
          <span>Simulating{told === undefined ? '…' : `: ${told.way}, ${percent(share)}`}</span>
          <progress value={share} max={1} />
        </label>
        <button type="button" className="button" onClick={onStop}>
          Stop
        </button>
      </div>
    );
  if (state === 'done' || state === 'idle')
    return (
      <p className="visually-hidden" role="status">
        {state === 'done' ? 'The simulation has ended.' : ''}
      </p>
    );
  return (
    <div className={state === 'broken' ? 'notice bad' : 'notice'} role="status">
      <span>{state === 'broken' ? problem : 'Stopped.'}</span>
      <button type="button" className="button" onClick={onAgain}>
        Run again
      </button>
    </div>
  );
}
