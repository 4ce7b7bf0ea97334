import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobLog } from '@gistpool/contracts';
import { PoolClient } from '../client/pool-client';
import { ROOT } from '../root';
import { inMeasuredPool } from './measured-pool';
import { startSecondApi } from './second-api';
import { quantile } from './statistics';
import { unendingBias } from './unending';

export interface CancelPlan {
  readonly cancels: number;
  readonly lanes: string;
}

interface Times {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

export interface CancelReport extends CancelPlan {
  /** From the DELETE to the answer of the api that took it. */
  readonly answered_ms: Times;
  /** From the DELETE to the entry in the ledger that the job has left its place, which the worker writes after its cells are freed. */
  readonly freed_ms: Times;
  /** From the DELETE to the first report of the card, twice a second, in which the job holds nothing. */
  readonly reported_ms: Times;
}

const MODEL = 'gistpool-nano-qwen2';
const LOOK_MS = 20;
const GIVE_UP_MS = 60_000;

/** Jobs that never end by themselves fill a card; one after another is cancelled through an api that did not take it in. */
export function benchCancel(
  plan: CancelPlan,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<CancelReport> {
  const model = join(ROOT, 'models', `${MODEL}.gguf`);
  const pool = { model: [model], lanes: plan.lanes, threads: 1 };
  return inMeasuredPool(pool, signal, async ({ url, dataDir }) => {
    const logit_bias = await unendingBias(model);
    const second = await startSecondApi(dataDir);
    try {
      const [taker, canceller] = [new PoolClient(url, GIVE_UP_MS), new PoolClient(second.url, GIVE_UP_MS)];
      const submit = async () =>
        (
          await taker.submit({
            model: MODEL,
            prompt: 'Move 3 places on a ring of 7 places, then back.',
            limits: { max_tokens: 8000, max_thoughts: 30, max_thought_tokens: 60 },
            sampling: { logit_bias },
          })
        ).id;
      const { cards } = await taker.fleet();
      const places = cards.reduce((sum, { lanes }) => sum + lanes.flatMap(({ slots }) => slots).length, 0);
      for (let job = 0; job < places; job++) await submit();
      const answered: number[] = [];
      const freed: number[] = [];
      const reported: number[] = [];
      while (freed.length < plan.cancels) {
        const victim = await running(taker);
        const askedAtMs = Date.now();
        await canceller.cancel(victim);
        answered.push(Date.now() - askedAtMs);
        reported.push((await goneAtMs(taker, victim)) - askedAtMs);
        const { data } = await taker.call(JobLog, 'GET', `/v1/jobs/${victim}/log`);
        freed.push((data.find(({ kind }) => kind === 'ended')?.at_ms ?? Number.NaN) - askedAtMs);
        if (freed.length % 10 === 0) say(`${freed.length} of ${plan.cancels} cancelled\n`);
        await submit();
      }
      return {
        ...plan,
        answered_ms: timesOf(answered),
        freed_ms: timesOf(freed),
        reported_ms: timesOf(reported),
      };
    } finally {
      await second.stop();
    }
  });
}

/** A job that holds cells by its card's last report, not always the same one. */
async function running(client: PoolClient): Promise<string> {
  const deadlineMs = Date.now() + GIVE_UP_MS;
  for (;;) {
    const slots = (await client.fleet()).cards.flatMap(({ lanes }) => lanes.flatMap((lane) => lane.slots));
    const busy = slots.filter(
      ({ job, phase, live_cells }) => job !== null && phase === 'think' && live_cells > 0,
    );
    const victim = busy[Math.floor(Math.random() * busy.length)]?.job;
    if (victim) return victim;
    if (Date.now() > deadlineMs) throw new Error('no job came to think');
    await sleep(LOOK_MS);
  }
}

async function goneAtMs(client: PoolClient, victim: string): Promise<number> {
  const deadlineMs = Date.now() + GIVE_UP_MS;
  while (Date.now() < deadlineMs) {
    const { cards } = await client.fleet();
    if (!cards.some(({ lanes }) => lanes.some(({ slots }) => slots.some(({ job }) => job === victim))))
      return Date.now();
    await sleep(LOOK_MS);
  }
  throw new Error(`job ${victim} still holds cells ${GIVE_UP_MS / 1000} s after its cancel`);
}

const timesOf = (values: readonly number[]): Times => ({
  p50: quantile(values, 0.5),
  p95: quantile(values, 0.95),
  max: quantile(values, 1),
});
