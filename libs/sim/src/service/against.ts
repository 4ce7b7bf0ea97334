import { Predictor } from '@gistpool/core';
import type { TracePool } from '@gistpool/contracts';
import { learntFrom } from '../figures';
import { keptCells, peakCells, type SimJob, type Trace } from '../sim-job';
import { runFiguresOf, type JobRun, type RunFigures } from './run-figures';
import { ServiceSimulation } from './service-simulation';

export interface Compared {
  readonly measured: number;
  readonly simulated: number;
  /** Simulated over measured; 1 where both are 0. */
  readonly ratio: number;
}

export type AgainstFigures = Record<keyof RunFigures | 'overflows', Compared>;

export interface Against {
  readonly trace: string;
  readonly model: string;
  readonly jobs: number;
  /** Jobs whose course comes to another peak than was measured. */
  readonly peaks_differ: number;
  readonly within: number;
  readonly figures: AgainstFigures;
  readonly is_met: boolean;
  readonly step_time: TracePool['step_time'];
  readonly hand_over_ms: number;
}

export interface NotSimulated {
  readonly ok: false;
  readonly problem: string;
  /** The trace itself cannot be used for this; else it did not come to its end. */
  readonly isUnfit: boolean;
}

/** By these two it is judged. */
const JUDGED = ['sessions_mean', 'makespan_s'] as const;

/** A recorded trace once more, on the pool that it was recorded on: what was measured beside what the simulator makes of it. */
export function simulateAgainst(
  trace: Trace,
  history: Trace | undefined,
  within: number,
): { readonly ok: true; readonly against: Against } | NotSimulated {
  const { pool } = trace;
  const measured = trace.jobs.flatMap((job) => measuredOf(job) ?? []);
  if (!pool || measured.length < trace.jobs.length) {
    return {
      ok: false,
      isUnfit: true,
      problem:
        `${trace.name} was not recorded with its pool, so there is nothing to hold the simulation against; ` +
        'record it with `gistpool trace record` while its pool runs',
    };
  }
  const predictor = history ? learntFrom(history, pool.eps) : new Predictor({ eps: pool.eps });
  const simulation = new ServiceSimulation(trace, pool, predictor);
  const runs = simulation.run();
  if (runs.length < trace.jobs.length) {
    const left = trace.jobs.length - runs.length;
    return {
      ok: false,
      isUnfit: false,
      problem: `${left} of ${trace.jobs.length} jobs of ${trace.name} never fit the recorded lanes`,
    };
  }
  const simulated = runs.map(({ job, startedMs, endedMs }) => ({
    arrivedMs: job.createdAtMs,
    startedMs,
    endedMs,
  }));
  const figures = comparedOf(
    { ...runFiguresOf(measured), overflows: overflowsIn(trace.jobs) },
    {
      ...runFiguresOf(simulated),
      overflows: simulation.recorder.parked + simulation.recorder.evicted,
    },
  );
  const against: Against = {
    trace: trace.name,
    model: trace.model,
    jobs: trace.jobs.length,
    peaks_differ: trace.jobs.filter((job) => !hasItsPeak(trace, job)).length,
    within,
    figures,
    is_met: JUDGED.every((name) => Math.abs(figures[name].ratio - 1) <= within),
    step_time: pool.step_time,
    hand_over_ms: pool.hand_over_ms,
  };
  return { ok: true, against };
}

const measuredOf = ({ createdAtMs, measured }: SimJob): JobRun | undefined =>
  measured && { arrivedMs: createdAtMs, startedMs: measured.started_ms, endedMs: measured.ended_ms };

const overflowsIn = (jobs: readonly SimJob[]): number =>
  jobs.reduce((sum, { measured }) => sum + (measured?.overflows ?? 0), 0);

/**
 * An end token is sampled and never fed, and a thought is evicted before its continue is fed: what was measured is one cell
 * less than the closed form.
 */
const hasItsPeak = (trace: Trace, job: SimJob): boolean =>
  peakCells(job.promptTokens, job.course(), keptCells(trace)) - 1 === job.measured?.peak_cells;

function comparedOf(
  measured: RunFigures & { overflows: number },
  simulated: RunFigures & { overflows: number },
): AgainstFigures {
  const names = Object.keys(measured) as (keyof AgainstFigures)[];
  return Object.fromEntries(
    names.map((name): [string, Compared] => {
      const [of, by] = [measured[name], simulated[name]];
      return [name, { measured: of, simulated: by, ratio: of === by ? 1 : by / of }];
    }),
  ) as AgainstFigures;
}
