import { join } from 'node:path';
import autocannon from 'autocannon';
import { CardReceipt } from '@gistpool/contracts';
import { PoolClient } from '../client/pool-client';
import { poolKeys } from '../client/pool-keys';
import { readPoolFile } from '../pool/pool-file';
import { ROOT } from '../root';
import { cpuSecondsOf } from './cpu-clock';
import { inMeasuredPool } from './measured-pool';

export interface SubmitPlan {
  readonly connections: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Left out: as fast as it goes. */
  readonly perSecond?: number;
}

export interface SubmitReport extends SubmitPlan {
  readonly submissions: number;
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  /** Answers that were not 201, and requests without an answer. */
  readonly refused: number;
  readonly errors: number;
  /** Cores that each process used meanwhile; `bench` is who asks. */
  readonly cores: Readonly<Record<string, number>>;
}

const MODEL = 'gistpool-nano-qwen2';
const PROCESSES = ['api', 'redis', 'scheduler', 'worker-0'];

/**
 * Single jobs over HTTP, each with a request of its own, against a whole pool whose card is cordoned: it counts prompts'
 * tokens for the api, as always, and decodes nothing. Client, api and Redis share this machine's cores.
 */
export function benchSubmit(
  plan: SubmitPlan,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<SubmitReport> {
  const pool = {
    model: [join(ROOT, 'models', `${MODEL}.gguf`)],
    lanes: '1x256',
    threads: 1,
    logLevel: 'warn',
  };
  return inMeasuredPool(pool, signal, async ({ url, dataDir }) => {
    const [card] = (await new PoolClient(url).fleet()).cards;
    await new PoolClient(url).call(CardReceipt, 'POST', `/v1/cards/${card?.card ?? ''}/cordon`);
    if (plan.warmUpSeconds > 0) await fire(url, plan, plan.warmUpSeconds);
    say('warmed up\n');
    const pids = readPoolFile(dataDir)?.processes ?? {};
    const cpu = () =>
      Object.fromEntries(
        PROCESSES.map((name) => [name, cpuSecondsOf(pids[name] ?? process.pid)]).concat([
          ['bench', cpuSecondsOf(process.pid)],
        ]),
      ) as Record<string, number>;
    const before = cpu();
    const { requests, latency, non2xx, errors, duration } = await fire(url, plan, plan.seconds);
    const after = cpu();
    return {
      ...plan,
      submissions: requests.total - non2xx,
      per_second: Number(((requests.total - non2xx) / duration).toFixed(0)),
      p50_ms: latency.p50,
      p99_ms: latency.p99,
      max_ms: latency.max,
      refused: non2xx,
      errors,
      cores: Object.fromEntries(
        Object.keys(after).map((name) => [
          name,
          Number((((after[name] ?? 0) - (before[name] ?? 0)) / duration).toFixed(2)),
        ]),
      ),
    };
  });
}

function fire(
  url: string,
  { connections, perSecond }: SubmitPlan,
  seconds: number,
): Promise<autocannon.Result> {
  const key = poolKeys.of(url);
  return autocannon({
    url: new URL('/v1/jobs', url).href,
    method: 'POST',
    connections,
    duration: seconds,
    ...(perSecond !== undefined && { overallRate: perSecond }),
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ model: MODEL, prompt: 'Move 3 places on a ring of 7 places, then back.' }),
  });
}
