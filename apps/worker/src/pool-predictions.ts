import { setTimeout as sleep } from 'node:timers/promises';
import { type Mix, mixOf, Predictor, predictorOf } from '@gistpool/core';
import type { UsualJob } from '@gistpool/engine';
import { connectPredictions, predictorFrom, type Predictions, type QueueConfig } from '@gistpool/queue';
import type { Logger } from '@gistpool/telemetry';

/** What the pool has learnt of its sessions, as its leader published it. */
export interface Published {
  readonly publishedAtMs: number;
  /** By sessions that have ended. */
  readonly ended: Predictor;
  /** By those that are at work, too. */
  readonly all: Predictor;
  /** The newest in which they are counted. */
  readonly epoch: number;
}

/** Reads what the pool has learnt. Nobody who decodes may wait for it. */
export class PoolPredictions {
  private readonly port;

  constructor(
    queue: QueueConfig,
    private readonly log: Logger,
  ) {
    this.port = connectPredictions(queue);
  }

  /** Undefined: nothing was published, it cannot be read, or Redis does not answer within that time. */
  async latest(withinMs: number): Promise<Published | undefined> {
    // While Redis is away its client waits for it.
    const late = sleep(withinMs, 'late' as const, { ref: false });
    const failed = (error: unknown) => this.complain(String(error));
    const predictions = await Promise.race([this.port.latest().catch(failed), late]);
    if (predictions === 'late') return this.complain(`no answer within ${withinMs / 1000} s`);
    return predictions === undefined ? undefined : this.read(predictions);
  }

  close(): Promise<void> {
    return this.port.close();
  }

  private read(predictions: Predictions): Published | undefined {
    const { eps, publishedAtMs, epochs } = predictions;
    const ended = predictorOf(predictions.ended, { eps });
    const all = predictorFrom(predictions);
    if (!ended.ok) return this.complain(ended.problem);
    if (!all.ok) return this.complain(all.problem);
    const epoch = epochs.first + epochs.sinceMs.length - 1;
    return { publishedAtMs, ended: ended.predictor, all: all.predictor, epoch };
  }

  private complain(problem: string): undefined {
    this.log.warn({ problem }, 'predictions cannot be read');
  }
}

/** By what a job's place is reserved, the lanes are planned, too: with places for bounds predictions bring no session more. */
export type Admission = 'predicted' | 'bound';

/** What sessions of the model are expected to hold; without predictions their upper bound. */
export function expectedMix(
  published: Published | undefined,
  admission: Admission,
  model: string,
  job: UsualJob,
): Mix {
  const known = admission === 'predicted' ? published?.all : undefined;
  return mixOf(known ?? new Predictor({ eps: 1 }), { ...job, model, task: '' });
}
