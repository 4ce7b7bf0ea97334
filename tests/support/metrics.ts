import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './conditions';
import type { RunningPool } from './running-pool';

/** Where each process of a pool that was started with GISTPOOL_METRICS_PORT=0 serves its metrics, by its name. */
export async function metricsUrls(
  pool: RunningPool,
): Promise<Record<'api' | 'scheduler' | 'worker-0', string>> {
  const told = (name: string) =>
    eventually(`${name} tells where its metrics are`, () => {
      const log = readFileSync(join(pool.dataDir, 'logs', `${name}.log`), 'utf8');
      return /"url":"([^"]+)","msg":"metrics and probes are served"/.exec(log)?.[1];
    });
  return { api: pool.url, scheduler: await told('scheduler'), 'worker-0': await told('worker-0') };
}

export const scrape = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();

/** Names of the families in a scraped text. */
export const families = (text: string): string[] =>
  [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name);
