import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_EPS } from '@gistpool/config';
import { type Demand, demandOf, Predictor } from '@gistpool/core';
import type { UsualJob } from '@gistpool/engine';
import { connectPredictions, predictorFrom, type QueueConfig } from '@gistpool/queue';
import type { Logger } from '@gistpool/telemetry';

const WITHIN_MS = 5_000;

/**
 * What sessions of the model are expected to hold, by what the pool has published of its sessions; without that their
 * upper bound. Read once: lanes are planned at a worker's start.
 */
export async function expectedDemand(
  queue: QueueConfig,
  model: string,
  log: Logger,
): Promise<(job: UsualJob) => Demand> {
  const predictor = await learnt(queue, log);
  return (job) => demandOf(predictor, { ...job, model, task: '' });
}

async function learnt(queue: QueueConfig, log: Logger): Promise<Predictor> {
  const nothing = new Predictor({ eps: DEFAULT_EPS });
  const port = connectPredictions(queue);
  try {
    // While Redis is away its client waits for it.
    const late = sleep(WITHIN_MS, 'late' as const, { ref: false });
    const predictions = await Promise.race([port.latest(), late]);
    if (predictions === 'late') {
      log.warn(
        `predictions could not be read within ${WITHIN_MS / 1000} s: lanes are planned by upper bounds`,
      );
      return nothing;
    }
    if (predictions === undefined) return nothing;
    const read = predictorFrom(predictions);
    if (read.ok) return read.predictor;
    log.warn({ problem: read.problem }, 'predictions cannot be read: lanes are planned by upper bounds');
    return nothing;
  } finally {
    await port.close();
  }
}
