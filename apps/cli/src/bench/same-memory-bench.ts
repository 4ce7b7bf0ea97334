import { CliError, EXIT } from '../exit';
import { rounded } from '../view/format';
import { GistpoolSide, type GistpoolRun } from './gistpool-side';
import { runServer } from './server-side';
import type { Side, SideReport, SideRun } from './side';
import { median } from './statistics';
import type { Work } from './work';

export interface SameMemoryPlan {
  readonly work: Work;
  readonly kvBudgetMib: number;
  readonly threads: number;
  readonly runs: number;
  /** The promise under which peaks are predicted. */
  readonly eps: number;
  readonly lanes: 'auto' | 'most';
  /** Left out: without llama-server. */
  readonly serverBinary?: string;
}

/** All sides in turn, again and again: what the machine does meanwhile hits all of them. */
export async function benchSameMemory(
  sides: readonly Side[],
  plan: SameMemoryPlan,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<SideReport[]> {
  const { work, kvBudgetMib, threads, eps, lanes, serverBinary } = plan;
  const pools = new Map<Side, GistpoolSide>();
  const results = sides.map((): GistpoolRun[] => []);
  try {
    for (const side of sides) {
      if (side.by !== 'gistpool') continue;
      const pool = await GistpoolSide.make(side, { kvBudgetMib, threads, eps, lanes }, work, signal);
      pools.set(side, pool);
      say(`${titleOf(side)}: learns from ${work.lessons.length} jobs\n`);
      await pool.learn(work.lessons);
    }
    let vanilla: GistpoolRun | undefined;
    for (let number = 1; number <= plan.runs; number++) {
      for (const [at, side] of sides.entries()) {
        const result =
          (await pools.get(side)?.run()) ??
          (await serverRun(side, { kvBudgetMib, threads, serverBinary }, work, vanilla));
        if (side.name === 'vanilla') vanilla = result;
        results[at]?.push(result);
        say(`run ${number}/${plan.runs}, ${titleOf(side)}: ${described(result.run)}\n`);
      }
    }
  } finally {
    for (const pool of pools.values()) await pool.dispose();
  }
  return sides.map((side, at) => reportOf(side, results[at] ?? []));
}

function serverRun(
  { kvType }: Side,
  settings: {
    readonly kvBudgetMib: number;
    readonly threads: number;
    readonly serverBinary: string | undefined;
  },
  work: Work,
  vanilla: GistpoolRun | undefined,
): Promise<GistpoolRun> {
  const { serverBinary: binary } = settings;
  if (vanilla === undefined || binary === undefined)
    throw new Error('llama-server is held against the vanilla side, which runs before it');
  if (vanilla.run.completed < work.puzzles.length)
    throw new CliError('the vanilla side did not complete all jobs', EXIT.jobsFailed);
  return runServer({ ...settings, binary, kvType }, work, vanilla);
}

function reportOf(side: Side, results: readonly GistpoolRun[]): SideReport {
  const last = results.at(-1);
  if (last === undefined) throw new Error('every side runs at least once');
  const middle = (of: keyof Omit<SideRun, 'lanes'>) =>
    rounded(median(results.map(({ run }) => run[of] ?? Number.NaN)), 3);
  return {
    ...side,
    model: last.model,
    lanes: last.run.lanes,
    medians: {
      makespan_s: middle('makespan_s'),
      jobs_per_hour: middle('jobs_per_hour'),
      sessions_at_once: middle('sessions_at_once'),
      sessions_mean: middle('sessions_mean'),
      sessions_peak: middle('sessions_peak'),
      ...(last.run.accuracy !== undefined && { accuracy: middle('accuracy') }),
      completed: middle('completed'),
      tokens_per_second: middle('tokens_per_second'),
      cpu_s: middle('cpu_s'),
      peak_cells_mean: middle('peak_cells_mean'),
      peak_cells_most: middle('peak_cells_most'),
      kv_bytes: middle('kv_bytes'),
    },
  };
}

const titleOf = ({ name, kvType }: Side): string => `${name}, ${kvType}`;

const described = (run: SideRun): string =>
  `${run.makespan_s.toFixed(1)} s, ${run.sessions_at_once.toFixed(1)} sessions at once (peak ${run.sessions_peak}), ` +
  `${run.accuracy === undefined ? '' : `${(run.accuracy * 100).toFixed(0)} % right, `}${run.tokens_per_second.toFixed(0)} tokens/s, ${run.cpu_s.toFixed(1)} s of CPU, lanes ${run.lanes}`;
