import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/conditions';
import { ROOT } from './support/gistpool';
import { metricsUrls } from './support/metrics';
import { Prometheus } from './support/prometheus';
import { hasProgram, lacks, promtool } from './support/prom-tools';
import { ramblingJob, RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;
const RULES = join(ROOT, 'deploy/prometheus/rules.yaml');
const rules = readFileSync(RULES, 'utf8');
const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);

describe('the alerts', () => {
  it('each have a runbook under the anchor that they name', () => {
    const headings = readFileSync(join(ROOT, 'docs/runbooks.md'), 'utf8').match(/^## .*$/gm) ?? [];
    const anchors = headings.map((heading) => `docs/runbooks.md#${heading.slice(3).toLowerCase()}`);
    const named = [...rules.matchAll(/runbook_url: (\S+)/g)].map(([, url]) => url);
    expect(named).toHaveLength(alerts.length);
    expect(named.sort()).toEqual(anchors.sort());
  });

  it('fire when they should and keep silent when they should not, by promtool', async ({ skip }) => {
    skip(!hasProgram('promtool'), lacks('promtool'));
    expect(await promtool(['check', 'rules', RULES])).toMatchObject({ code: 0 });
    const tested = await promtool(['test', 'rules', join(ROOT, 'deploy/prometheus/rules.test.yaml')]);
    expect(tested, tested.said).toMatchObject({ code: 0 });
    const cases = readFileSync(join(ROOT, 'deploy/prometheus/rules.test.yaml'), 'utf8');
    for (const alert of alerts) expect(cases).toContain(`alertname: ${alert}\n`);
  });
});

interface Dashboard {
  readonly panels: { readonly title: string; readonly targets?: { readonly expr: string }[] }[];
}

describe('a Prometheus that scrapes a real pool', () => {
  const has = hasProgram('prometheus');
  let pool: RunningPool | undefined;
  let prometheus: Prometheus | undefined;

  beforeAll(async () => {
    if (!has) return;
    pool = await RunningPool.start({ env: { GISTPOOL_METRICS_PORT: '0' } });
    prometheus = await Prometheus.start(await metricsUrls(pool), RULES);
    // Series that begin with the first job need a scrape before it, to have grown.
    const { id } = await pool.submitBatch(Array.from({ length: 8 }, (_, seed) => ramblingJob(200, seed)));
    await pool.untilEnded(id, 2 * MINUTE_MS);
  }, 4 * MINUTE_MS);

  afterAll(async () => {
    await prometheus?.stop();
    await pool?.remove();
  });

  it(
    'has an answer to every query of the dashboard',
    async ({ skip }) => {
      skip(!has, lacks('prometheus'));
      const text = readFileSync(join(ROOT, 'deploy/grafana/gistpool.json'), 'utf8');
      const { panels } = JSON.parse(text) as Dashboard;
      const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
      expect(queries.length).toBeGreaterThan(30);
      for (const query of queries)
        await eventually(`an answer to ${query}`, async () => {
          const samples = await prometheus?.query(query.replaceAll('$__rate_interval', '5m'));
          return samples !== undefined && samples.length > 0;
        });
    },
    3 * MINUTE_MS,
  );

  it('loads and evaluates every alert, and none fires of a pool that is well', async ({ skip }) => {
    skip(!has, lacks('prometheus'));
    await eventually('all rules are evaluated', async () => {
      const loaded = await prometheus?.rules();
      return loaded?.length === alerts.length && loaded.every(({ health }) => health === 'ok');
    });
    expect(await prometheus?.query('ALERTS{alertstate="firing"}')).toEqual([]);
  });
});
