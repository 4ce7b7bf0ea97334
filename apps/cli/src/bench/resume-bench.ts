import { setTimeout as sleep } from 'node:timers/promises';
import { PoolClient } from '../client/pool-client';
import { bundledFiles } from '../eval/bundled';
import { CliError, EXIT } from '../exit';
import { chooseModel } from '../models';
import { readPoolFile } from '../pool/pool-file';
import { kill } from '../pool/process-table';
import type { Puzzle } from '../puzzles/puzzle';
import { runPuzzles, type Attempt } from '../run-puzzles';
import { mean, rounded } from '../view/format';
import { decodedAgain, endedThoughtIn, type EndedThought } from './decoded-again';
import { inMeasuredPool } from './measured-pool';
import { median } from './statistics';

/** How long the bench bears with an api that is being started again. */
const PATIENCE_MS = 60_000;
const WORKER = 'worker-0';
/** Kills come up to so long after a thought's end, or all of them would come right after one. */
const SPREAD_MS = 100;
/** Of all thoughts: the last kill comes before the sessions are at their ends. */
const LATEST = 0.9;

export interface ResumePlan {
  readonly puzzles: readonly Puzzle[];
  readonly kills: number;
  readonly threads: number;
}

export interface KillReport {
  /** Of all thoughts of the batch, those ended when the worker was killed. */
  readonly at: number;
  readonly sessions_killed: number;
  /** Of the killed sessions: thoughts decoded again, in whole or in part. */
  readonly thoughts_again_mean: number;
  readonly thoughts_again_most: number;
  readonly replayed_tokens_mean: number;
  /** From the kill until a killed session is decoded again, the median of them. */
  readonly away_s: number;
  /** Of all jobs of the batch, whose text is not that of the uninterrupted run. */
  readonly other_texts: number;
}

export interface ResumeReport {
  readonly model: string;
  readonly thoughts: number;
  readonly tokens: number;
  readonly medians: Omit<KillReport, 'at'>;
  /** Over all kills. */
  readonly thoughts_again_most: number;
  readonly other_texts: number;
  readonly sessions_killed: number;
  readonly each: readonly KillReport[];
}

/**
 * A batch without a kill, then once for each kill: `kill -9` of the worker in the midst of all its sessions. The cache is
 * f32, so that the rows of a replay equal the single steps that they stand for, and the texts can be compared.
 */
export async function benchResume(
  plan: ResumePlan,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<ResumeReport> {
  const model = await bundledFiles({ names: [], mode: 'lightthinker' });
  if (model.length === 0) throw new CliError('models/ holds no lightthinker model', EXIT.modelRefused);
  const { threads } = plan;
  const log = new ThoughtLog();
  return inMeasuredPool(
    { model, kvType: 'f32', threads, logLevel: 'debug' },
    signal,
    ({ url, dataDir }) => measure(url, dataDir, log, plan, signal, say),
    { line: (name, text) => name === WORKER && log.hear(text) },
  );
}

async function measure(
  url: string,
  dataDir: string,
  log: ThoughtLog,
  { puzzles, kills }: ResumePlan,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<ResumeReport> {
  const client = new PoolClient(url, PATIENCE_MS);
  const { name } = chooseModel(await client.fleet(), { mode: 'lightthinker' });
  const run = () => runPuzzles(client, name, puzzles, signal, () => undefined);
  const whole = await run();
  const thoughts = log.ended.length;
  const texts = whole.map(textOf);
  say(`uninterrupted: ${puzzles.length} jobs, ${thoughts} thoughts\n`);
  const each: KillReport[] = [];
  for (let number = 1; number <= kills; number++) {
    log.clear();
    const running = run();
    running.catch(() => undefined);
    await Promise.race([log.reach(Math.ceil((thoughts * LATEST * number) / (kills + 1))), running]);
    await sleep((SPREAD_MS * number) / kills);
    const pid = readPoolFile(dataDir)?.processes[WORKER];
    if (pid === undefined) throw new CliError('the worker ended by itself');
    const killedAtMs = Date.now();
    kill(pid);
    const report = await reportOf(client, log, await running, { texts, pid, killedAtMs, thoughts });
    each.push(report);
    say(`kill ${number}/${kills}: ${described(report)}\n`);
  }
  return summaryOf(name, thoughts, whole, each);
}

interface Kill {
  readonly texts: readonly string[];
  readonly pid: number;
  readonly killedAtMs: number;
  readonly thoughts: number;
}

async function reportOf(
  client: PoolClient,
  log: ThoughtLog,
  attempts: readonly Attempt[],
  { texts, pid, killedAtMs, thoughts }: Kill,
): Promise<KillReport> {
  const killed = attempts.filter(({ job }) => (job.finished_at_ms ?? 0) > killedAtMs);
  if (killed.length === 0) throw new CliError('every session had ended before the kill; ask for more --jobs');
  const again = killed.map(({ job }) => decodedAgain(log.ended, job.id, pid, job.usage?.compressions ?? 0));
  const awayMs = await Promise.all(killed.map(({ job }) => backAtMs(client, job.id, killedAtMs)));
  const before = log.ended.filter((one) => one.pid === pid).length;
  return {
    at: rounded(before / thoughts, 3),
    sessions_killed: killed.length,
    thoughts_again_mean: rounded(mean(again), 3),
    thoughts_again_most: Math.max(...again),
    replayed_tokens_mean: rounded(mean(killed.map(({ job }) => job.usage?.replayed_tokens ?? 0)), 3),
    away_s: rounded(median(awayMs.map((atMs) => (atMs - killedAtMs) / 1000)), 3),
    other_texts: attempts.filter((attempt, index) => textOf(attempt) !== texts[index]).length,
  };
}

/** When a job was in a worker's hands again. */
async function backAtMs(client: PoolClient, job: string, killedAtMs: number): Promise<number> {
  for await (const event of client.events(job))
    if (event.type === 'state' && event.state === 'thinking' && event.at_ms > killedAtMs) return event.at_ms;
  throw new CliError(`${job} was killed and did not go on`, EXIT.jobsFailed);
}

function textOf({ job }: Attempt): string {
  if (job.result === undefined)
    throw new CliError(`${job.id} ended ${job.state}, without a text`, EXIT.jobsFailed);
  return job.result.text;
}

function summaryOf(
  model: string,
  thoughts: number,
  whole: readonly Attempt[],
  each: readonly KillReport[],
): ResumeReport {
  const middle = (of: (report: KillReport) => number) => rounded(median(each.map(of)), 3);
  const total = (of: (report: KillReport) => number) => each.reduce((sum, report) => sum + of(report), 0);
  return {
    model,
    thoughts,
    tokens: whole.reduce((sum, { job }) => sum + (job.usage?.generated_tokens ?? 0), 0),
    medians: {
      sessions_killed: middle((report) => report.sessions_killed),
      thoughts_again_mean: middle((report) => report.thoughts_again_mean),
      thoughts_again_most: middle((report) => report.thoughts_again_most),
      replayed_tokens_mean: middle((report) => report.replayed_tokens_mean),
      away_s: middle((report) => report.away_s),
      other_texts: middle((report) => report.other_texts),
    },
    thoughts_again_most: Math.max(...each.map((report) => report.thoughts_again_most)),
    other_texts: total((report) => report.other_texts),
    sessions_killed: total((report) => report.sessions_killed),
    each,
  };
}

/** The thoughts that workers have ended since it was cleared. */
class ThoughtLog {
  ended: EndedThought[] = [];
  private wanted = Infinity;
  private reached: () => void = () => undefined;

  hear(line: string): void {
    const thought = endedThoughtIn(line);
    if (thought !== undefined && this.ended.push(thought) >= this.wanted) this.reached();
  }

  clear(): void {
    this.ended = [];
    this.wanted = Infinity;
  }

  async reach(thoughts: number): Promise<void> {
    this.wanted = thoughts;
    if (this.ended.length < thoughts) await new Promise<void>((resolve) => (this.reached = resolve));
  }
}

const described = (report: KillReport): string =>
  `at ${(report.at * 100).toFixed(0)} % of the thoughts, ${report.sessions_killed} sessions; thoughts decoded again ` +
  `${report.thoughts_again_mean.toFixed(2)} on average, ${report.thoughts_again_most} at most; away ` +
  `${report.away_s.toFixed(1)} s; ${report.other_texts} other texts`;
