import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasBatchEnded, JobLog, type BatchObject } from '@gistpool/contracts';
import { PoolClient } from '../client/pool-client';
import { readPoolFile } from '../pool/pool-file';
import { kill } from '../pool/process-table';
import { ROOT } from '../root';
import { BatchSurface } from './batch-surface';
import { inMeasuredPool } from './measured-pool';
import { tally, type LineTally } from './line-tally';

export interface KillPlan {
  readonly lines: number;
  /** Of the lines, when the worker is killed. */
  readonly atShare: number;
  readonly lanes: string;
  /** Of each line's answer. */
  readonly maxTokens: number;
}

export interface KillReport extends KillPlan, LineTally {
  readonly status: string;
  readonly done_at_kill: number;
  /** That the killed worker held, by its last word. */
  readonly lost_jobs: number;
  /** From the kill to the first, and the last, of them at work again; null: it held none. */
  readonly picked_up_first_s: number | null;
  readonly picked_up_last_s: number | null;
  readonly seconds: number;
  readonly lines_per_second: number;
}

const MODEL = 'gistpool-nano-qwen2';
const VICTIM = { process: 'worker-0', card: 'cpu-0' };
const LOOK_MS = 500;
/** Such a job begins again within a lease and a scheduler's look; more is a failure to be seen in the report. */
const GIVE_UP_MS = 120_000;
const TELL_EVERY_MS = 15_000;

/** A batch of short lines on two cards; one card's worker is killed with SIGKILL in the middle of it. */
export function benchKill(
  plan: KillPlan,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<KillReport> {
  const model = join(ROOT, 'models', `${MODEL}.gguf`);
  const pool = { model: [model, model], lanes: plan.lanes, threads: 1 };
  return inMeasuredPool(pool, signal, async ({ url, dataDir }) => {
    const surface = new BatchSurface(url);
    const client = new PoolClient(url, GIVE_UP_MS);
    const input = await surface.upload(linesOf(plan));
    const startedAtMs = Date.now();
    const { id } = await surface.create(input.id);
    const done = ({ request_counts: { completed, failed } }: BatchObject) => completed + failed;
    const before = await until(
      () => surface.get(id),
      (batch) => done(batch) >= plan.atShare * plan.lines || hasBatchEnded(batch.status),
      (batch) => say(`${done(batch)} of ${plan.lines} lines\n`),
    );
    const held = (await client.fleet()).cards
      .filter(({ card }) => card === VICTIM.card)
      .flatMap(({ lanes }) => lanes.flatMap(({ slots }) => slots.flatMap(({ job }) => job ?? [])));
    const pid = readPoolFile(dataDir)?.processes[VICTIM.process];
    if (pid === undefined) throw new Error(`there is no ${VICTIM.process} to kill`);
    const killedAtMs = Date.now();
    kill(pid);
    say(
      `${VICTIM.process} is killed after ${done(before)} lines; its last word was of ${held.length} jobs\n`,
    );
    const pickedUpMs = await pickUps(client, held, killedAtMs);
    const after = await until(
      () => surface.get(id),
      ({ status }) => hasBatchEnded(status),
      (batch) => say(`${done(batch)} of ${plan.lines} lines\n`),
    );
    const seconds = (Date.now() - startedAtMs) / 1000;
    const wanted = Array.from({ length: plan.lines }, (_, line) => customId(line));
    const answered = await surface.customIds(after.output_file_id);
    const failed = await surface.customIds(after.error_file_id);
    return {
      ...plan,
      status: after.status,
      done_at_kill: done(before),
      ...tally(wanted, answered, failed),
      lost_jobs: pickedUpMs.length,
      picked_up_first_s: pickedUpMs.length === 0 ? null : Math.min(...pickedUpMs) / 1000,
      picked_up_last_s: pickedUpMs.length === 0 ? null : Math.max(...pickedUpMs) / 1000,
      seconds: Number(seconds.toFixed(1)),
      lines_per_second: Number((plan.lines / seconds).toFixed(1)),
    };
  });
}

/** How long after the kill each job that was lost with its worker was at work again; those that had ended are left out. */
async function pickUps(client: PoolClient, jobs: readonly string[], killedAtMs: number): Promise<number[]> {
  const left = new Set(jobs);
  const pickedUpMs: number[] = [];
  while (left.size > 0 && Date.now() < killedAtMs + GIVE_UP_MS) {
    for (const job of left) {
      const { data } = await client.call(JobLog, 'GET', `/v1/jobs/${job}/log`);
      const lost = data.findIndex(({ kind, at_ms }) => kind === 'lost' && at_ms >= killedAtMs);
      const again = data.find(
        ({ kind }, at) => lost !== -1 && at > lost && (kind === 'started' || kind === 'resumed'),
      );
      if (again !== undefined) pickedUpMs.push(again.at_ms - killedAtMs);
      const hasEnded = data.at(-1)?.kind === 'ended';
      if (again !== undefined || hasEnded) left.delete(job);
    }
    await sleep(LOOK_MS);
  }
  for (const _ of left) pickedUpMs.push(GIVE_UP_MS);
  return pickedUpMs;
}

async function until<T>(
  look: () => Promise<T>,
  isSo: (value: T) => boolean,
  tell: (value: T) => void,
): Promise<T> {
  let toldAtMs = Date.now();
  for (;;) {
    const value = await look();
    if (isSo(value)) return value;
    if (Date.now() - toldAtMs > TELL_EVERY_MS) {
      toldAtMs = Date.now();
      tell(value);
    }
    await sleep(LOOK_MS);
  }
}

const customId = (line: number): string => `line-${line}`;

function* linesOf({ lines, maxTokens }: KillPlan): Generator<string> {
  for (let line = 0; line < lines; line++) {
    yield JSON.stringify({
      custom_id: customId(line),
      method: 'POST',
      url: '/v1/chat/completions',
      body: {
        model: MODEL,
        messages: [{ role: 'user', content: `${line % 97} plus ${line % 89}?` }],
        max_completion_tokens: maxTokens,
        temperature: 0,
      },
    });
  }
}
