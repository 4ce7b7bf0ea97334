import { randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileBlobStore } from '@gistpool/blob';
import { WorkerConfig, parseConfig } from '@gistpool/config';
import { openCard, type CardOptions } from '@gistpool/engine';
import { connectCardPort, type QueueConfig, queueConfigOf } from '@gistpool/queue';
import { createLogger } from '@gistpool/telemetry';
import { expectedDemand } from './expected-demand';
import { Worker } from './worker';

/** Starting again would end the same way. */
const EXIT_BAD_SETTINGS = 2;
const EXIT_MODEL_REFUSED = 3;
const CLOSE_MS = 2000;

async function cardOptions(config: WorkerConfig, queue: QueueConfig): Promise<CardOptions> {
  const lanes = config.GISTPOOL_LANES;
  const modelName =
    config.GISTPOOL_MODEL_NAME ?? basename(config.GISTPOOL_MODEL_PATH).replace(/\.gguf$/i, '');
  return {
    modelPath: config.GISTPOOL_MODEL_PATH,
    modelName,
    device: config.GISTPOOL_DEVICE,
    threads: config.GISTPOOL_THREADS,
    kvType: config.GISTPOOL_KV_TYPE,
    flashAttention:
      config.GISTPOOL_FLASH_ATTENTION ??
      // The engine makes no quantised cache without it.
      ((config.GISTPOOL_POOL_SESSIONS ?? 1) > 1 || config.GISTPOOL_KV_TYPE === 'q8_0'),
    prefillChunk: config.GISTPOOL_PREFILL_CHUNK,
    ...(config.GISTPOOL_KV_BUDGET_MIB !== undefined && {
      kvBudgetBytes: Math.floor(config.GISTPOOL_KV_BUDGET_MIB * 1024 * 1024),
    }),
    ...(lanes === 'auto' ? { demandOf: await expectedDemand(queue, modelName) } : lanes && { lanes }),
    ...(config.GISTPOOL_POOL_SESSIONS !== undefined && { poolSessions: config.GISTPOOL_POOL_SESSIONS }),
    defaultLimits: {
      ...(config.GISTPOOL_MAX_TOKENS !== undefined && { max_tokens: config.GISTPOOL_MAX_TOKENS }),
      ...(config.GISTPOOL_MAX_THOUGHTS !== undefined && { max_thoughts: config.GISTPOOL_MAX_THOUGHTS }),
      ...(config.GISTPOOL_MAX_THOUGHT_TOKENS !== undefined && {
        max_thought_tokens: config.GISTPOOL_MAX_THOUGHT_TOKENS,
      }),
    },
  };
}

async function main(): Promise<number> {
  const settings = parseConfig(WorkerConfig, process.env);
  if (!settings.ok) {
    process.stderr.write(`${settings.problems.join('\n')}\n`);
    return EXIT_BAD_SETTINGS;
  }
  const { config } = settings;
  const log = createLogger(`worker ${config.GISTPOOL_CARD}`, config.GISTPOOL_LOG_LEVEL);

  const queue = queueConfigOf(config, log);
  const opened = await openCard(await cardOptions(config, queue));
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
    blobs: new FileBlobStore(join(config.GISTPOOL_DATA_DIR, 'blobs')),
    log,
    leaseMs: config.GISTPOOL_LEASE_MS,
    heartbeatMs: config.GISTPOOL_HEARTBEAT_MS,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => worker.stop());
  await worker.run();

  // Redis may be away, and then the card's entry runs out by itself.
  await Promise.race([port.withdraw().then(() => port.close()), sleep(CLOSE_MS)]);
  await card.dispose();
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
