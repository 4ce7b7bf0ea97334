import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal } from '@gistpool/contracts';
import { PoolClient } from '../client/pool-client';
import { bundledFiles } from '../eval/bundled';
import { CliError, EXIT } from '../exit';
import { readPoolFile } from '../pool/pool-file';
import type { Puzzle } from '../puzzles/puzzle';
import { taskOf } from '../run-puzzles';
import { inMeasuredPool } from './measured-pool';
import { memoryFigures, type MemoryFigures, type MemorySample } from './memory-samples';

export interface SoakPlan {
  readonly puzzles: readonly Puzzle[];
  readonly minutes: number;
  /** After so many the memory is looked at first. */
  readonly earlyMinutes: number;
  readonly jobsPerSecond: number;
  readonly kvBudgetMib: number;
}

export interface SoakReport {
  readonly minutes: number;
  readonly early_minutes: number;
  readonly submitted: number;
  readonly completed: number;
  /** Of those that ended. */
  readonly not_completed: number;
  /** Jobs that were not sent, because as many as the pool is given at once had not ended. */
  readonly held_off: number;
  readonly processes: readonly MemoryFigures[];
}

const PATIENCE_MS = 60_000;
const LOOK_MS = 5_000;
const BEAT_MS = 250;
/** A machine that is too slow for the rate gathers no backlog: that would be memory, too. */
const MOST_OPEN = 48;
/** What is kept of jobs that ended reaches its bound before the clock starts, by jobs that say next to nothing. */
const FILLING_JOBS = 1_100;
const KEPT_JOBS = 500;
/** Bounds that are reached within minutes: what is looked for is what has none. */
const SETTINGS = {
  GISTPOOL_KEEP_JOBS: String(KEPT_JOBS),
  GISTPOOL_KEEP_LOOK_MS: '5000',
  GISTPOOL_KEEP_EVENTS_MS: '60000',
};

/** Steady load on a pool of its own, and the resident memory of each of its processes. */
export async function benchSoak(
  plan: SoakPlan,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<SoakReport> {
  const model = await bundledFiles({ names: [], mode: 'lightthinker' });
  if (model.length === 0) throw new CliError('models/ holds no lightthinker model', EXIT.modelRefused);
  return inMeasuredPool(
    { model, kvBudgetMib: plan.kvBudgetMib, threads: 1, settings: SETTINGS },
    signal,
    ({ url, dataDir }) => soak(new PoolClient(url, PATIENCE_MS), dataDir, plan, signal, say),
  );
}

async function soak(
  client: PoolClient,
  dataDir: string,
  plan: SoakPlan,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<SoakReport> {
  await fill(client, signal);
  say('what the pool keeps of ended jobs is at its bound; the clock starts\n');
  const startedAtMs = performance.now();
  const sinceMs = () => performance.now() - startedAtMs;
  const endMs = plan.minutes * 60_000;
  const load = new Load(client, plan);
  const samples = new Map<string, MemorySample[]>();
  let lookAtMs = 0;
  let sayAtMs = 0;
  while (sinceMs() < endMs) {
    signal.throwIfAborted();
    await load.beat(sinceMs());
    if (sinceMs() >= lookAtMs) {
      look(dataDir, sinceMs(), samples);
      await load.look();
      lookAtMs += LOOK_MS;
    }
    if (sinceMs() >= sayAtMs) {
      say(`${Math.round(sinceMs() / 60_000)} min: ${load.completed} completed; ${latest(samples)}\n`);
      sayAtMs += 60_000;
    }
    await sleep(BEAT_MS);
  }
  return {
    minutes: plan.minutes,
    early_minutes: plan.earlyMinutes,
    ...load.figures,
    processes: [...samples].map(([name, own]) => memoryFigures(name, own, plan.earlyMinutes * 60_000)),
  };
}

/** Jobs at a steady rate, of puzzles in turn. */
class Load {
  private readonly open = new Set<string>();
  private submitted = 0;
  private heldOff = 0;
  private notCompleted = 0;
  completed = 0;

  constructor(
    private readonly client: PoolClient,
    private readonly plan: SoakPlan,
  ) {}

  get figures() {
    const { submitted, completed, heldOff, notCompleted } = this;
    return { submitted, completed, not_completed: notCompleted, held_off: heldOff };
  }

  async beat(sinceMs: number): Promise<void> {
    const dueJobs = Math.floor((sinceMs / 1000) * this.plan.jobsPerSecond);
    while (this.submitted + this.heldOff < dueJobs) {
      if (this.open.size >= MOST_OPEN) {
        this.heldOff += 1;
        continue;
      }
      const puzzle = this.plan.puzzles[this.submitted % this.plan.puzzles.length];
      if (puzzle === undefined) return;
      this.submitted += 1;
      const { id } = await this.client.submit({ prompt: puzzle.input, ...taskOf(puzzle) });
      this.open.add(id);
    }
  }

  async look(): Promise<void> {
    for (const id of this.open) {
      const { state } = await this.client.job(id);
      if (!isTerminal(state)) continue;
      this.open.delete(id);
      if (state === 'completed') this.completed += 1;
      else this.notCompleted += 1;
    }
  }
}

async function fill(client: PoolClient, signal: AbortSignal): Promise<void> {
  const line = JSON.stringify({
    prompt: 'Hello',
    limits: { max_tokens: 4, max_thoughts: 1, max_thought_tokens: 4 },
  });
  const { id } = await client.submitBatch(Array.from({ length: FILLING_JOBS }, () => line));
  for (const state of ['waiting', 'placed', 'thinking', 'answering']) {
    while ((await client.jobs({ batch: id, state, limit: 1 })).data.length > 0) {
      signal.throwIfAborted();
      await sleep(BEAT_MS);
    }
  }
}

function look(dataDir: string, atMs: number, samples: Map<string, MemorySample[]>): void {
  const processes = Object.entries(readPoolFile(dataDir)?.processes ?? {});
  for (const [name, pid] of processes) {
    const rssBytes = residentBytes(pid);
    if (rssBytes === undefined) continue;
    const own = samples.get(name) ?? [];
    samples.set(name, own);
    own.push({ atMs, pid, rssBytes });
  }
}

/** Undefined: there is no such process. */
function residentBytes(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

const latest = (samples: ReadonlyMap<string, readonly MemorySample[]>): string =>
  [...samples]
    .map(([name, own]) => `${name} ${((own.at(-1)?.rssBytes ?? 0) / 1024 / 1024).toFixed(1)}`)
    .join(', ') + ' MiB';
