import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CardView } from '@gistpool/contracts';
import { PoolClient } from '../client/pool-client';
import { CliError } from '../exit';
import { chooseModel } from '../models';
import { readPoolFile } from '../pool/pool-file';
import type { Puzzle } from '../puzzles/puzzle';
import { runPuzzles, type Attempt } from '../run-puzzles';
import { summarise } from '../summary';
import { cpuSecondsOf } from './cpu-clock';
import { inPoolAt } from './measured-pool';
import { occupancyOf } from './occupancy';
import type { Side, SideRun } from './side';
import type { Work } from './work';

/** How long a side bears with an api that is being started again. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 100;
/** The scheduler publishes what it learnt every few seconds. */
const PUBLISHED_WITHIN_MS = 60_000;

export interface GistpoolSettings {
  readonly kvBudgetMib: number;
  readonly threads: number;
  readonly eps: number;
  /** Lanes planned for the speed of this machine, or for the most sessions at once. */
  readonly lanes: 'auto' | 'most';
}

export interface GistpoolRun {
  readonly model: string;
  readonly run: SideRun;
  readonly maxTokens: number;
  readonly kvBytesPerCell: number;
}

/**
 * A pool of one card with all of its processes, as `gistpool up` starts them, that is started for every run anew and
 * keeps what it has learnt: lanes are planned and places reserved by what the jobs before held. Whoever makes it disposes it.
 */
export class GistpoolSide {
  private constructor(
    private readonly side: Side,
    private readonly settings: GistpoolSettings,
    private readonly work: Work,
    private readonly dataDir: string,
    private readonly signal: AbortSignal,
  ) {}

  static async make(
    side: Side,
    settings: GistpoolSettings,
    work: Work,
    signal: AbortSignal,
  ): Promise<GistpoolSide> {
    const dataDir = await mkdtemp(join(tmpdir(), 'gistpool-memory-'));
    return new GistpoolSide(side, settings, work, dataDir, signal);
  }

  /** Until the jobs are counted in what the scheduler has published; a new pool knows only upper bounds. */
  async learn(puzzles: readonly Puzzle[]): Promise<void> {
    if (puzzles.length === 0) return;
    await this.inPool(async (client, model) => {
      await this.ask(client, model, puzzles);
      const deadlineMs = Date.now() + PUBLISHED_WITHIN_MS;
      while ((await countedBy(client)) < puzzles.length) {
        if (Date.now() > deadlineMs)
          throw new CliError('the scheduler did not publish what it learnt within a minute');
        await sleep(LOOK_MS);
      }
    });
  }

  run(): Promise<GistpoolRun> {
    const { work } = this;
    return this.inPool(async (client, model, card) => {
      const worker = readPoolFile(this.dataDir)?.processes['worker-0'];
      if (worker === undefined) throw new CliError('the worker ended by itself');
      const before = cpuSecondsOf(worker);
      const attempts = await this.ask(client, model, work.puzzles);
      const fleet = await client.fleet();
      const info = chooseModel(fleet, { mode: this.side.mode });
      return {
        model,
        run: {
          ...figuresOf(attempts, work.isGraded),
          cpu_s: cpuSecondsOf(worker) - before,
          kv_bytes: card.kv_bytes,
          lanes: lanesText(card),
        },
        maxTokens: info.default_limits.max_tokens,
        kvBytesPerCell: info.kv_bytes_per_cell,
      };
    });
  }

  dispose(): Promise<void> {
    return rm(this.dataDir, { recursive: true, force: true });
  }

  private async ask(client: PoolClient, model: string, puzzles: readonly Puzzle[]): Promise<Attempt[]> {
    const request = await this.work.requestOf(this.side.mode);
    return runPuzzles(client, model, puzzles, this.signal, () => undefined, request);
  }

  private async inPool<T>(
    use: (client: PoolClient, model: string, card: CardView) => Promise<T>,
  ): Promise<T> {
    const { mode, kvType, sharesPools } = this.side;
    const { kvBudgetMib, threads, eps, lanes } = this.settings;
    const options = {
      model: [await this.work.modelOf(mode)],
      lanes,
      ...(!sharesPools && { poolSessions: 1 }),
      kvBudgetMib,
      kvType,
      threads,
      admission: 'predicted',
      eps,
    } as const;
    return inPoolAt(this.dataDir, options, this.signal, async ({ url }) => {
      const client = new PoolClient(url, PATIENCE_MS);
      const fleet = await client.fleet();
      const { name } = chooseModel(fleet, { mode });
      const card = fleet.cards.find((one) => one.model === name);
      if (card === undefined) throw new Error('the pool serves the model it was started for');
      return use(client, name, card);
    });
  }
}

const countedBy = async (client: PoolClient): Promise<number> =>
  (await client.predictions()).groups.reduce((sum, group) => sum + Math.ceil(group.ended_sessions), 0);

const lanesText = ({ lanes }: CardView): string => {
  const counts = new Map<string, number>();
  for (const { slots, cells_per_slot, shared_cells } of lanes) {
    const text =
      shared_cells === undefined
        ? `${slots.length} x ${cells_per_slot}`
        : `${slots.length} in ${shared_cells} shared`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => (count === 1 ? text : `${count} times ${text}`)).join(', ');
};

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
  const { mean, whileWaiting, peak } = occupancyOf(stays, startMs);
  const { completed, accuracy, peakCellsMean, generatedTokensMean } = summarise(attempts);
  return {
    makespan_s: seconds,
    jobs_per_hour: (completed * 3600) / seconds,
    sessions_at_once: whileWaiting,
    sessions_mean: mean,
    sessions_peak: peak,
    ...(isGraded && { accuracy }),
    completed,
    tokens_per_second: (generatedTokensMean * completed) / seconds,
    peak_cells_mean: peakCellsMean,
    peak_cells_most: Math.max(...attempts.map(({ job }) => job.usage?.peak_cells ?? 0)),
  };
}
