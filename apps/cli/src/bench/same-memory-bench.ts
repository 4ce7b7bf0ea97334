import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PoolClient } from '../client/pool-client';
import { CliError } from '../exit';
import { chooseModel } from '../models';
import { planPool } from '../pool/plan';
import { Pool } from '../pool/pool';
import { readPoolFile } from '../pool/pool-file';
import { runPuzzles, type Attempt } from '../run-puzzles';
import { summarise } from '../summary';
import { rounded } from '../view/format';
import { isRight } from '../puzzles/grade';
import { cpuSecondsOf } from './cpu-clock';
import { occupancyOf } from './occupancy';
import { PeerServer, type ServerAnswer } from './peer-server';
import { median } from './statistics';
import type { Work, WorkMode } from './work';

/** How long a side bears with an api that is being started again. */
const PATIENCE_MS = 60_000;

export type KvType = 'f16' | 'q8_0';

/** One way to spend the KV memory. */
export interface Side {
  readonly name: string;
  readonly by: 'gistpool' | 'llama-server';
  readonly mode: WorkMode;
  /** Sessions that share a slot's cells; 1: the stock library. */
  readonly poolSessions: number;
  readonly kvType: KvType;
}

export interface SameMemoryPlan {
  readonly work: Work;
  readonly kvBudgetMib: number;
  readonly threads: number;
  readonly runs: number;
  /** Left out: without llama-server. */
  readonly serverBinary?: string;
}

export interface SideRun {
  readonly makespan_s: number;
  readonly jobs_per_hour: number;
  readonly sessions_mean: number;
  readonly sessions_peak: number;
  /** Left out where nothing can be right. */
  readonly accuracy?: number;
  readonly completed: number;
  readonly tokens_per_second: number;
  /** CPU time of the process that decodes, from the first job's submit to the last one's end. */
  readonly cpu_s: number;
  readonly peak_cells_mean: number;
  /** What the card's KV cache takes, of the budget. */
  readonly kv_bytes: number;
  readonly lanes: string;
}

interface SideResult {
  readonly model: string;
  readonly run: SideRun;
  /** Slots and limits, for whoever is to have the same. */
  readonly slots: number;
  readonly cellsPerSlot: number;
  readonly maxTokens: number;
}

export interface SideReport extends Side {
  readonly model: string;
  /** Of each figure, on its own, over the runs. */
  readonly medians: Omit<SideRun, 'lanes'>;
  readonly lanes: string;
}

/**
 * The vanilla twin first of each type: what the others are held against. llama-server gets its very slots, so that both
 * hold the same bytes, and the same file.
 */
export const sidesOf = (kvTypes: readonly KvType[], poolSessions: number, withServer: boolean): Side[] =>
  kvTypes.flatMap((kvType): Side[] => {
    const own = { by: 'gistpool', poolSessions: 1, kvType } as const;
    return [
      { ...own, name: 'vanilla', mode: 'vanilla' },
      ...(withServer ? [{ ...own, name: 'llama-server', by: 'llama-server', mode: 'vanilla' } as const] : []),
      { ...own, name: 'LightThinker', mode: 'lightthinker' },
      ...(poolSessions > 1
        ? [{ ...own, name: 'LightThinker, shared pools', mode: 'lightthinker', poolSessions } as const]
        : []),
    ];
  });

/** All sides in turn, again and again: what the machine does meanwhile hits all of them. */
export async function benchSameMemory(
  sides: readonly Side[],
  plan: SameMemoryPlan,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<SideReport[]> {
  const results = sides.map((): SideResult[] => []);
  let vanilla: SideResult | undefined;
  for (let number = 1; number <= plan.runs; number++) {
    for (const [at, side] of sides.entries()) {
      const result =
        side.by === 'gistpool' ? await runSide(side, plan, signal) : await runServer(side, plan, vanilla);
      if (side.name === 'vanilla') vanilla = result;
      results[at]?.push(result);
      say(`run ${number}/${plan.runs}, ${side.name}, ${side.kvType}: ${described(result.run)}\n`);
    }
  }
  return sides.map((side, at) => {
    const [first] = results[at] ?? [];
    if (first === undefined) throw new Error('every side runs at least once');
    const middle = (of: keyof Omit<SideRun, 'lanes'>) =>
      rounded(median((results[at] ?? []).map(({ run }) => run[of] ?? Number.NaN)), 3);
    return {
      ...side,
      model: first.model,
      lanes: first.run.lanes,
      medians: {
        makespan_s: middle('makespan_s'),
        jobs_per_hour: middle('jobs_per_hour'),
        sessions_mean: middle('sessions_mean'),
        sessions_peak: middle('sessions_peak'),
        ...(first.run.accuracy !== undefined && { accuracy: middle('accuracy') }),
        completed: middle('completed'),
        tokens_per_second: middle('tokens_per_second'),
        cpu_s: middle('cpu_s'),
        peak_cells_mean: middle('peak_cells_mean'),
        kv_bytes: middle('kv_bytes'),
      },
    };
  });
}

/** A pool of its own, with all of its processes, as `gistpool up` starts them. */
async function runSide(
  { mode, kvType, poolSessions }: Side,
  { work, kvBudgetMib, threads }: SameMemoryPlan,
  signal: AbortSignal,
): Promise<SideResult> {
  const model = [await work.modelOf(mode)];
  const dataDir = await mkdtemp(join(tmpdir(), 'gistpool-memory-'));
  try {
    const pool = await Pool.start(
      planPool({
        port: 0,
        host: '127.0.0.1',
        dataDir,
        model,
        device: 'cpu',
        kvBudgetMib,
        kvType,
        poolSessions,
        threads,
        logLevel: 'info',
      }),
      { notice: () => undefined },
      signal,
    );
    try {
      return await Promise.race([
        ask(new PoolClient(pool.url, PATIENCE_MS), dataDir, mode, work, signal),
        pool.broken,
      ]);
    } finally {
      await pool.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function ask(
  client: PoolClient,
  dataDir: string,
  mode: Side['mode'],
  work: Work,
  signal: AbortSignal,
): Promise<SideResult> {
  const fleet = await client.fleet();
  const chosen = chooseModel(fleet, { mode });
  const { name } = chosen;
  const card = fleet.cards.find((one) => one.model === name);
  if (card === undefined) throw new Error('the pool serves the model it was started for');
  const request = await work.requestOf(mode);
  const worker = readPoolFile(dataDir)?.processes['worker-0'];
  if (worker === undefined) throw new CliError('the worker ended by itself');
  const before = cpuSecondsOf(worker);
  const attempts = await runPuzzles(client, name, work.puzzles, signal, () => undefined, request);
  const lanes = card.lanes.map(({ slots, cells_per_slot, shared_cells }) =>
    shared_cells === undefined
      ? `${slots.length} x ${cells_per_slot}`
      : `${slots.length} in pools of ${shared_cells}`,
  );
  const run = {
    ...figuresOf(attempts, work.isGraded),
    cpu_s: cpuSecondsOf(worker) - before,
    kv_bytes: card.kv_bytes,
    lanes: lanes.join(', '),
  };
  return {
    model: name,
    run,
    slots: card.lanes[0]?.slots.length ?? 0,
    cellsPerSlot: card.lanes[0]?.cells_per_slot ?? 0,
    maxTokens: chosen.default_limits.max_tokens,
  };
}

/** The same prompts, limits and slots, all prompts sent at once; graded as the others. */
async function runServer(
  { kvType }: Side,
  { work, threads, serverBinary }: SameMemoryPlan,
  vanilla: SideResult | undefined,
): Promise<SideResult> {
  const { puzzles, isGraded } = work;
  const modelPath = await work.modelOf('vanilla');
  if (vanilla === undefined || serverBinary === undefined)
    throw new Error('llama-server is held against the vanilla side, which runs before it');
  const { slots, cellsPerSlot, maxTokens } = vanilla;
  const server = await PeerServer.start({
    binary: serverBinary,
    modelPath,
    slots,
    cellsPerSlot,
    kvType,
    threads,
  });
  try {
    const startMs = performance.now();
    const before = server.cpuSeconds();
    const answers = await Promise.all(
      puzzles.map(({ input }) => server.answer(input, { maxTokens, endsByItself: isGraded })),
    );
    const seconds = (Math.max(...answers.map(({ toMs }) => toMs)) - startMs) / 1000;
    const completed = answers.filter(({ isComplete }) => isComplete).length;
    const right = puzzles.filter(({ target, choices }, at) => {
      const answer = answers[at];
      return answer?.isComplete === true && isRight(answer.text, target, choices);
    }).length;
    const { mean, peak } = occupancyOf(answers, startMs);
    const total = (of: (answer: ServerAnswer) => number) => answers.reduce((sum, one) => sum + of(one), 0);
    const run: SideRun = {
      makespan_s: seconds,
      jobs_per_hour: (completed * 3600) / seconds,
      sessions_mean: mean,
      // An answer is read a moment after its slot went to the next one.
      sessions_peak: Math.min(peak, slots),
      ...(isGraded && { accuracy: right / puzzles.length }),
      completed,
      tokens_per_second: total(({ tokens }) => tokens) / seconds,
      peak_cells_mean: total(({ cells }) => cells) / puzzles.length,
      cpu_s: server.cpuSeconds() - before,
      kv_bytes: vanilla.run.kv_bytes,
      lanes: `${slots} x ${cellsPerSlot}`,
    };
    return { ...vanilla, run };
  } finally {
    await server.stop();
  }
}

function figuresOf(
  attempts: readonly Attempt[],
  isGraded: boolean,
): Omit<SideRun, 'cpu_s' | 'kv_bytes' | 'lanes'> {
  const startMs = Math.min(...attempts.map(({ job }) => job.created_at_ms));
  const endMs = Math.max(...attempts.map(({ job }) => job.finished_at_ms ?? job.created_at_ms));
  const seconds = (endMs - startMs) / 1000;
  const stays = attempts.flatMap(({ job: { finished_at_ms: toMs, usage } }) =>
    toMs === undefined || usage === undefined ? [] : [{ fromMs: toMs - usage.run_ms, toMs }],
  );
  const { mean, peak } = occupancyOf(stays, startMs);
  const { completed, accuracy, peakCellsMean, generatedTokensMean } = summarise(attempts);
  return {
    makespan_s: seconds,
    jobs_per_hour: (completed * 3600) / seconds,
    sessions_mean: mean,
    sessions_peak: peak,
    ...(isGraded && { accuracy }),
    completed,
    tokens_per_second: (generatedTokensMean * completed) / seconds,
    peak_cells_mean: peakCellsMean,
  };
}

const described = (run: SideRun): string =>
  `${run.makespan_s.toFixed(1)} s, ${run.sessions_mean.toFixed(1)} sessions at once (peak ${run.sessions_peak}), ` +
  `${run.accuracy === undefined ? '' : `${(run.accuracy * 100).toFixed(0)} % right, `}${run.tokens_per_second.toFixed(0)} tokens/s, ${run.cpu_s.toFixed(1)} s of CPU, lanes ${run.lanes}`;
