import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { parseConfig, SchedulerConfig } from '@gistpool/config';
import { connectDispatch, queueConfigOf } from '@gistpool/queue';
import { createLogger, processRegistry, serveProbes, startTracing } from '@gistpool/telemetry';
import { runScheduler } from './loop';
import { SchedulerMetrics } from './scheduler-metrics';

/** A round with thousands of placements may take its time. */
const LATE_ROUND_MS = 5_000;

async function main(): Promise<number> {
  const parsed = parseConfig(SchedulerConfig, process.env);
  if (!parsed.ok) {
    for (const problem of parsed.problems) process.stderr.write(`${problem}\n`);
    return 2;
  }
  const { config } = parsed;
  const logger = createLogger('scheduler', config.GISTPOOL_LOG_LEVEL);
  const id = config.GISTPOOL_SCHEDULER_ID ?? `${hostname()}-${randomUUID().slice(0, 8)}`;
  const dispatch = connectDispatch(queueConfigOf(config, logger), id);

  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      logger.info({ signal: name }, 'stopping');
      stop.abort();
    });
  }
  logger.info({ id }, 'scheduler started');
  const tracing = await startTracing('scheduler', { 'service.instance.id': id });
  const { GISTPOOL_METRICS_PORT: port, GISTPOOL_METRICS_HOST: host } = config;
  const registry = port === undefined ? undefined : processRegistry();
  let roundAtMs = -Infinity;
  const missing = () => missingOf(performance.now() - roundAtMs, config.GISTPOOL_LEAD_MS);
  const probes = registry && (await serveProbes({ port: port ?? 0, host, registry, missing }));
  if (probes) logger.info({ url: probes.url }, 'metrics and probes are served');
  const { GISTPOOL_LEASE_MS: leaseMs, GISTPOOL_LEAD_MS: leadMs, GISTPOOL_AGEING_MS: ageingMs } = config;
  const { GISTPOOL_EPS: eps, GISTPOOL_ADMISSION: admission } = config;
  const options = {
    ...{ leaseMs, leadMs, ageingMs, eps, admission, logger },
    ...(registry && { metrics: new SchedulerMetrics(registry) }),
    onRound: () => (roundAtMs = performance.now()),
  };
  await runScheduler(dispatch, options, stop.signal);
  await probes?.close();
  await tracing?.stop();
  logger.info('stopped');
  return 0;
}

/** Leading or standing by, it ends a round several times within the time that the lead lasts, unless Redis is away. */
function missingOf(sinceRoundMs: number, leadMs: number): string[] {
  if (sinceRoundMs <= Math.max(LATE_ROUND_MS, leadMs)) return [];
  if (sinceRoundMs === Infinity) return ['redis: no round has ended yet'];
  return [`redis: no round has ended for ${String(Math.round(sinceRoundMs / 1000))} s`];
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`scheduler: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
