import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/conditions';
import { ROOT } from './support/gistpool';
import { families, metricsUrls, scrape } from './support/metrics';
import { hasProgram, lacks, promtool } from './support/prom-tools';
import { ramblingJob, RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;
const TENANT = 'somebody-else';

describe('the metrics of a pool at work', () => {
  let pool: RunningPool;
  let urls: Record<string, string>;
  let texts: string[];

  beforeAll(async () => {
    pool = await RunningPool.start({ env: { GISTPOOL_METRICS_PORT: '0' } });
    urls = await metricsUrls(pool);
    const jobs = Array.from({ length: 6 }, (_, seed) => ({ ...ramblingJob(60, seed), tenant: TENANT }));
    const { id } = await pool.submitBatch(jobs);
    await pool.untilEnded(id, 2 * MINUTE_MS);
    // Told by the card's next report, and by the scheduler's next publication.
    const isTold = (text: string) =>
      /^gistpool_card_ended_jobs_total\{.*\} 6$/m.test(text) && /^gistpool_prediction_promises\{/m.test(text);
    await eventually('the api tells of all jobs', async () => isTold(await scrape(pool.url)));
    texts = await Promise.all(Object.values(urls).map(scrape));
  }, 4 * MINUTE_MS);

  afterAll(() => pool.remove());

  it('are all in docs/metrics.md, and whatever is there is told', () => {
    const documented = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8').matchAll(/^\| `(gistpool_\w+)`/gm);
    const told = texts.flatMap(families).filter((name) => name.startsWith('gistpool_'));
    expect([...documented].map(([, name]) => name).sort()).toEqual(told.sort());
  });

  it('name no tenant and no job', () => {
    const labels = texts.join('\n').match(/\{[^}]*\}/g) ?? [];
    expect(labels.length).toBeGreaterThan(50);
    for (const label of labels) expect(label).not.toMatch(/tenant|somebody|job_/);
  });

  it('count what was done', () => {
    const [api = '', scheduler = '', worker = ''] = texts;
    expect(api).toMatch(/^gistpool_card_ended_jobs_total\{.*\} 6$/m);
    expect(api).toMatch(/^gistpool_prediction_promised_miss_ratio 0\.01$/m);
    expect(scheduler).toMatch(/^gistpool_scheduler_leads 1$/m);
    expect(scheduler).toMatch(/^gistpool_job_first_wait_seconds_count\{.*\} 6$/m);
    expect(scheduler).toMatch(/^gistpool_scheduler_placements_total\{.*outcome="placed"\} 6$/m);
    expect(worker).toMatch(/^gistpool_job_run_seconds_count\{.*\} 6$/m);
    expect(worker).toMatch(/^gistpool_worker_jobs_total\{.*outcome="completed"\} 6$/m);
    expect(worker).toMatch(/^gistpool_worker_step_seconds_count\{.*\} [1-9]/m);
  });

  it('stand beside probes that say that scheduler and worker live and are ready', async () => {
    for (const name of ['scheduler', 'worker-0']) {
      expect((await fetch(`${urls[name]}/livez`)).status).toBe(200);
      const ready = await fetch(`${urls[name]}/readyz`);
      expect(await ready.json()).toEqual({ ready: true, missing: [] });
    }
  });

  it('pass promtool check metrics', async ({ skip }) => {
    skip(!hasProgram('promtool'), lacks('promtool'));
    for (const text of texts)
      expect(await promtool(['check', 'metrics'], text)).toEqual({ code: 0, said: '' });
  });
});
