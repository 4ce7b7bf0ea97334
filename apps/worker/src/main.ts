import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPlanned, parseConfig, WorkerConfig } from '@gistpool/config';
import { openBlobStore } from '@gistpool/blob';
import { openCard, type UsualJob } from '@gistpool/engine';
import { connectCardPort, queueConfigOf } from '@gistpool/queue';
import { createLogger, processRegistry, serveProbes, startTracing } from '@gistpool/telemetry';
import { cardOptions, laneGoalOf, modelNameOf } from './card-options';
import { LaneKeeper } from './lane-keeper';
import { expectedMix, PoolPredictions } from './pool-predictions';
import { Worker } from './worker';
import { WorkerMetrics } from './worker-metrics';

/** Starting again would end the same way. */
const EXIT_BAD_SETTINGS = 2;
const EXIT_MODEL_REFUSED = 3;
const CLOSE_MS = 2000;
/** How long predictions are waited for. */
const PREDICTIONS_MS = 5_000;

async function main(): Promise<number> {
  const settings = parseConfig(WorkerConfig, process.env);
  if (!settings.ok) {
    process.stderr.write(`${settings.problems.join('\n')}\n`);
    return EXIT_BAD_SETTINGS;
  }
  const { config } = settings;
  const log = createLogger('worker', config.GISTPOOL_LOG_LEVEL, { card: config.GISTPOOL_CARD });
  const tracing = await startTracing('worker', { 'service.instance.id': config.GISTPOOL_CARD });
  const at: { worker?: Worker } = {};
  const { GISTPOOL_METRICS_PORT: metricsPort, GISTPOOL_METRICS_HOST: metricsHost } = config;
  const registry = metricsPort === undefined ? undefined : processRegistry();
  // From the start, for loading a model takes long and is no reason to be killed.
  const probes =
    registry &&
    (await serveProbes({
      port: metricsPort ?? 0,
      host: metricsHost,
      registry,
      missing: () => missingOf(at.worker, config.GISTPOOL_HEARTBEAT_MS),
    }));
  if (probes) log.info({ url: probes.url }, 'metrics and probes are served');

  const queue = queueConfigOf(config, log);
  const predictions = new PoolPredictions(queue, log);
  const read = () => predictions.latest(PREDICTIONS_MS);
  const plansLanes = isPlanned(config.GISTPOOL_LANES);
  const { GISTPOOL_ADMISSION: admission } = config;
  // Only lanes that are planned by them wait for predictions.
  const planned = plansLanes ? await read() : undefined;
  const demandOf = (job: UsualJob) => expectedMix(planned, admission, modelNameOf(config), job).demand;
  const { park, ...options } = cardOptions(config, plansLanes ? demandOf : undefined);
  const failed = ({ message }: Error) => log.warn(`the cache of a session is of no use: ${message}`);
  const opened = await openCard({ ...options, ...(park && { park: { ...park, failed } }) });
  if (!opened.ok) {
    process.stderr.write(`${opened.refused.path}: ${opened.refused.reason}\n`);
    return EXIT_MODEL_REFUSED;
  }
  const { card, notice, plan } = opened;
  if (notice !== undefined) log.warn(notice);
  if (plan !== undefined) log.info(`lanes: ${plan}`);
  const incarnation = randomUUID();
  const port = await connectCardPort(queue, { card: config.GISTPOOL_CARD, incarnation });
  const worker = new Worker({
    card,
    cardName: config.GISTPOOL_CARD,
    incarnation,
    port,
    blobs: await openBlobStore({
      folder: join(config.GISTPOOL_DATA_DIR, 'blobs'),
      url: config.GISTPOOL_BLOB_URL,
      s3Endpoint: config.GISTPOOL_S3_ENDPOINT,
    }),
    log,
    leaseMs: config.GISTPOOL_LEASE_MS,
    heartbeatMs: config.GISTPOOL_HEARTBEAT_MS,
    keeper: new LaneKeeper({
      card,
      admission,
      goal: laneGoalOf(config),
      read,
      ...(planned && { planned }),
      log,
    }),
    ...(registry && { metrics: new WorkerMetrics(registry, card.model.name) }),
  });
  at.worker = worker;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => worker.stop());
  await worker.run();

  // Redis may be away, and then the card's entry runs out by itself.
  const left = port.withdraw().then(() => Promise.all([port.close(), predictions.close()]));
  await Promise.race([left, sleep(CLOSE_MS)]);
  await card.dispose();
  await probes?.close();
  await tracing?.stop();
  return 0;
}

/** Beats that may be late before the worker says that it cannot tell of itself. */
const LATE_HEARTBEATS = 6;

function missingOf(worker: Worker | undefined, heartbeatMs: number): string[] {
  if (worker === undefined) return ['model: it is being loaded'];
  const { untoldMs } = worker;
  if (untoldMs <= LATE_HEARTBEATS * heartbeatMs) return [];
  if (untoldMs === Infinity) return ['redis: the card is not announced yet'];
  return [`redis: no heartbeat was written for ${String(Math.round(untoldMs / 1000))} s`];
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
