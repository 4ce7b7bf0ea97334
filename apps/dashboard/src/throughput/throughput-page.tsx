import { useMemo } from 'react';
import { Link } from 'react-router';
import { FINISHED_JOBS, useFinished } from '../api/finished';
import { useCounts } from '../api/jobs';
import { count, plural, rate } from '../format/numbers';
import { duration } from '../format/time';
import { Chart } from '../ui/chart';
import { Figures } from '../ui/figures';
import { useNow } from '../ui/use-now';
import { useTitle } from '../ui/use-title';
import { endedPerSecond, type Sample } from './history';
import { failuresOf, QUANTILES, timesOf } from './times';
import { useHistory } from './use-history';

const RATE_OVER_MS = 30_000;

export function ThroughputPage() {
  useTitle('Throughput');
  const samples = useHistory();
  const perSecond = useMemo(() => endedPerSecond(samples, RATE_OVER_MS), [samples]);
  const last = samples.at(-1);
  const jobRate = perSecond.at(-1) ?? null;
  return (
    <div className="stack">
      <h1>Throughput</h1>
      <Figures
        figures={[
          ['tokens/s', last === undefined ? '–' : rate(last.tokensPerSecond)],
          ['jobs/s', jobRate === null ? '–' : rate(jobRate)],
          ['waiting', last === undefined ? '–' : count(last.waiting)],
          ['running', last === undefined ? '–' : count(last.running)],
          ['oldest waiting', <OldestWaiting key="oldest" />],
        ]}
      />
      <div className="columns">
        <Lines
          title="Tokens per second"
          samples={samples}
          series={[
            {
              label: 'tokens/s',
              colour: '--accent',
              fill: '--accent-bg',
              values: samples.map((one) => one.tokensPerSecond),
            },
          ]}
        />
        <Lines
          title="Jobs ended per second"
          samples={samples}
          series={[{ label: 'jobs/s', colour: '--info', fill: '--info-bg', values: perSecond }]}
        />
        <Lines
          title="Waiting and running"
          samples={samples}
          series={[
            { label: 'waiting', colour: '--warn', values: samples.map((one) => one.waiting) },
            { label: 'running', colour: '--accent', values: samples.map((one) => one.running) },
          ]}
        />
        <TimesPanel />
      </div>
      <FailuresPanel />
    </div>
  );
}

interface LinesProps {
  readonly title: string;
  readonly samples: readonly Sample[];
  readonly series: Parameters<typeof Chart>[0]['lines'];
}

function Lines({ title, samples, series }: LinesProps) {
  const x = samples.map((one) => one.atMs / 1000);
  const now = series.map(({ label, values }) => `${rate(values.at(-1) ?? 0)} ${label}`).join(', ');
  return (
    <section className="panel stack tight" aria-label={title}>
      <h2>{title}</h2>
      {x.length < 2 ? (
        <p className="soft">The chart begins with this visit and grows while the page is open.</p>
      ) : (
        <Chart
          summary={`${title} since the page was opened; now ${now}`}
          x={x}
          xIsTime
          lines={series}
          heightPx={180}
        />
      )}
    </section>
  );
}

function OldestWaiting() {
  const nowMs = useNow();
  const oldest = useCounts().data?.oldest_waiting;
  if (oldest === undefined) return <>–</>;
  if (oldest === null) return <>none</>;
  return <Link to={`/jobs/${oldest.id}`}>{duration(nowMs - oldest.created_at_ms)}</Link>;
}

function TimesPanel() {
  const { data } = useFinished('completed');
  const times = useMemo(() => timesOf(data?.data ?? []), [data]);
  const cell = (value: number | null) => (value === null ? '–' : duration(value));
  return (
    <section className="panel stack tight" aria-labelledby="times">
      <h2 id="times">Wait and run</h2>
      <table className="table">
        <thead>
          <tr>
            <td />
            {QUANTILES.map((share) => (
              <th key={share} className="right">
                p{share * 100}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(
            [
              ['waited', times.waitMs],
              ['ran', times.runMs],
            ] as const
          ).map(([name, values]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, at) => (
                <td key={QUANTILES[at]} className="right">
                  {cell(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="soft small">
        Of {plural(times.jobs, 'job')}: those submitted last of all completed, at most {FINISHED_JOBS}. All of
        it over time: <a href="/metrics">/metrics</a>.
      </p>
    </section>
  );
}

function FailuresPanel() {
  const { data } = useFinished('failed');
  const failures = failuresOf(data?.data ?? []);
  if (failures.length === 0) return null;
  return (
    <section className="panel stack tight" aria-labelledby="failures">
      <h2 id="failures">Failures</h2>
      <div className="scroll-x" tabIndex={0} role="region" aria-label="Failures by code">
        <table className="table">
          <thead>
            <tr>
              <th>Code</th>
              <th className="right">Jobs</th>
              <th>The last</th>
            </tr>
          </thead>
          <tbody>
            {failures.map(({ code, jobs, example }) => (
              <tr key={code}>
                <td className="mono">{code}</td>
                <td className="right">{count(jobs)}</td>
                <td>
                  <Link to={`/jobs/${example.id}`}>{example.custom_id ?? example.id}</Link>:{' '}
                  {example.error?.message}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p>
        <Link to="/jobs?state=failed">All failed jobs</Link>
      </p>
    </section>
  );
}
