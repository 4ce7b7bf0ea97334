import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CardReceipt, isTerminal, OrderReceipt, type JobState, type JobView } from '@gistpool/contracts';
import { PoolClient } from '../client/pool-client';
import { ROOT } from '../root';
import { inMeasuredPool } from './measured-pool';
import { unendingBias } from './unending';

export interface AccountPlan {
  readonly jobs: number;
  readonly lanes: string;
}

export interface AccountReport extends AccountPlan {
  readonly states: Readonly<Partial<Record<JobState, number>>>;
  readonly resumes: number;
  readonly overflows: number;
  readonly parks: number;
  readonly hand_backs: number;
  /** Sum of `kv_byte_seconds` over the usage of all jobs, whatever became of them. */
  readonly jobs_kv_byte_seconds: number;
  /** Sum of what the cards counted for themselves. */
  readonly cards_kv_byte_seconds: number;
  readonly difference: number;
}

const MODEL = 'gistpool-nano-qwen2';
const LOOK_MS = 250;
const GIVE_UP_MS = 60_000;
/** Of every so many jobs one is cancelled while it runs, one paused, and one cancelled while it is paused. */
const EVERY = 6;

/**
 * Jobs on two cards, of which some are cancelled, paused and resumed, handed back by a drain, or outgrow their slots. When
 * all have ended, what they say they used is held against what the cards say was used.
 */
export function benchAccount(
  plan: AccountPlan,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<AccountReport> {
  const model = join(ROOT, 'models', `${MODEL}.gguf`);
  // A weak promise, so that sessions outgrow their slots and are moved, parked and handed back.
  const pool = { model: [model, model], lanes: plan.lanes, threads: 1, eps: 0.4 };
  return inMeasuredPool(pool, signal, async ({ url }) => {
    const client = new PoolClient(url, GIVE_UP_MS);
    const bias = await unendingBias(model);
    const ids: string[] = [];
    for (let job = 0; job < plan.jobs; job++) ids.push((await client.submit(aJob(job, bias))).id);
    const disturbed = new Set<string>();
    let isDrained = false;
    let ended = 0;
    for (;;) {
      const jobs = await Promise.all(ids.map((id) => client.job(id)));
      for (const job of jobs) await disturb(client, job, ids.indexOf(job.id), disturbed);
      const done = jobs.filter(({ state }) => isTerminal(state)).length;
      if (done !== ended && done % 10 === 0) say(`${done} of ${plan.jobs} jobs have ended\n`);
      ended = done;
      if (!isDrained && done >= plan.jobs / 2) {
        isDrained = true;
        await drainOnce(client);
      }
      if (done === plan.jobs) break;
      await sleep(LOOK_MS);
    }
    return { ...plan, ...(await accounts(client, ids)) };
  });
}

/** Each once: by its number. */
async function disturb(client: PoolClient, job: JobView, number: number, done: Set<string>): Promise<void> {
  const { id, state } = job;
  const what = number % EVERY;
  const isAtWork = state === 'thinking' || state === 'answering';
  if (what === 1 && isAtWork && !done.has(id)) {
    done.add(id);
    await client.cancel(id);
  } else if ((what === 2 || what === 3) && isAtWork && !done.has(id)) {
    done.add(id);
    await order(client, id, 'pause');
  } else if (what === 2 && state === 'paused') await order(client, id, 'resume');
  else if (what === 3 && state === 'paused') await client.cancel(id);
}

async function order(client: PoolClient, id: string, what: 'pause' | 'resume'): Promise<void> {
  // It may have ended meanwhile.
  await client.call(OrderReceipt, 'POST', `/v1/jobs/${id}/${what}`).catch(() => undefined);
}

/** One card hands back what it has, and takes jobs again. */
async function drainOnce(client: PoolClient): Promise<void> {
  const [card] = (await client.fleet()).cards;
  if (card === undefined) return;
  const ask = (what: string) =>
    client.call(CardReceipt, 'POST', `/v1/cards/${encodeURIComponent(card.card)}/${what}`);
  await ask('drain');
  const deadlineMs = Date.now() + GIVE_UP_MS;
  while (Date.now() < deadlineMs) {
    const now = (await client.fleet()).cards.find(({ card: name }) => name === card.card);
    if (now?.sessions === 0) break;
    await sleep(LOOK_MS);
  }
  await ask('uncordon');
}

/** Once every card has reported that it has nothing any more. */
async function accounts(
  client: PoolClient,
  ids: readonly string[],
): Promise<Omit<AccountReport, keyof AccountPlan>> {
  const endedAtMs = Date.now();
  let { cards } = await client.fleet();
  while (!cards.every((card) => card.sessions === 0 && card.heartbeat_at_ms > endedAtMs + 2 * LOOK_MS)) {
    if (Date.now() > endedAtMs + GIVE_UP_MS) throw new Error('a card still has sessions');
    await sleep(LOOK_MS);
    ({ cards } = await client.fleet());
  }
  const jobs = await Promise.all(ids.map((id) => client.job(id)));
  const states: Partial<Record<JobState, number>> = {};
  for (const { state } of jobs) states[state] = (states[state] ?? 0) + 1;
  const sum = <T>(values: readonly T[], of: (value: T) => number | undefined) =>
    values.reduce((total, value) => total + (of(value) ?? 0), 0);
  const used = sum(jobs, ({ usage }) => usage?.kv_byte_seconds);
  const held = sum(cards, (card) => card.kv_byte_seconds_total);
  return {
    states,
    resumes: sum(jobs, ({ usage }) => usage?.resumes),
    overflows: sum(jobs, ({ usage }) => usage?.overflows),
    parks: sum(cards, (card) => card.parks_total),
    hand_backs: sum(cards, (card) => card.hand_backs_total),
    jobs_kv_byte_seconds: used,
    cards_kv_byte_seconds: held,
    difference: Number((used / held - 1).toFixed(5)),
  };
}

/** Most are short; of every five one thinks until its limits stop it, which nobody foresees. */
const aJob = (number: number, bias: Record<string, number>) => ({
  model: MODEL,
  prompt: `Move ${2 + (number % 5)} places on a ring of 7 places, then back. `.repeat(3 + (number % 6)),
  limits: { max_tokens: 300, max_thoughts: 20, max_thought_tokens: 240 },
  sampling: {
    ...(number % 3 === 0 ? { temperature: 0.8, seed: number } : { temperature: 0 }),
    ...(number % 5 === 4 && { logit_bias: bias }),
  },
});
