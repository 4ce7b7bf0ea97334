import { type Demand, demandOf, Predictor } from '@gistpool/core';
import type { UsualJob } from '@gistpool/engine';
import { connectPredictions, predictorFrom, type QueueConfig } from '@gistpool/queue';

/** The promise that holds for a pool that has published none yet. */
const EPS = 0.01;
const WITHIN_MS = 5_000;

/**
 * What sessions of the model are expected to hold, by what the pool has learnt so far; without that, or without Redis,
 * their upper bound. Read once: lanes are planned at a worker's start.
 */
export async function expectedDemand(queue: QueueConfig, model: string): Promise<(job: UsualJob) => Demand> {
  const predictor = await learnt(queue);
  return (job) => demandOf(predictor, { ...job, model, task: '' });
}

async function learnt(queue: QueueConfig): Promise<Predictor> {
  const port = connectPredictions(queue);
  try {
    const predictions = await Promise.race([
      port.latest(),
      new Promise<undefined>((resolve) => setTimeout(resolve, WITHIN_MS, undefined).unref()),
    ]);
    const read = predictions && predictorFrom(predictions);
    return read?.ok ? read.predictor : new Predictor({ eps: EPS });
  } finally {
    await port.close();
  }
}
