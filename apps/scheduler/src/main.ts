import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { parseConfig, SchedulerConfig } from '@gistpool/config';
import { connectDispatch, queueConfigOf } from '@gistpool/queue';
import { createLogger } from '@gistpool/telemetry';
import { runScheduler } from './loop';

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
  const { GISTPOOL_LEASE_MS: leaseMs, GISTPOOL_LEAD_MS: leadMs, GISTPOOL_AGEING_MS: ageingMs } = config;
  const { GISTPOOL_EPS: eps, GISTPOOL_ADMISSION: admission } = config;
  await runScheduler(dispatch, { leaseMs, leadMs, ageingMs, eps, admission, logger }, stop.signal);
  logger.info('stopped');
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`scheduler: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
