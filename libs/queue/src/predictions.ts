import type { Redis } from 'ioredis';
import { Margin, predictorOf, type MarginState, type PredictorState, type ReadState } from '@gistpool/core';
import { closeRedis, openRedis } from './connection';
import { namesFor, type Names } from './names';
import type { QueueConfig } from './queue-config';
import { publishDocumentScript } from './scripts/publish-document';

/** What the leader has learnt, as one document. Everyone else only reads it. */
export interface Predictions {
  readonly version: 1;
  /** The promise under which jobs were placed: P(peak > predicted) <= eps. */
  readonly eps: number;
  /** By what the leader places. Left out by versions that did not say; those placed by bounds unless told otherwise. */
  readonly admission?: 'predicted' | 'bound';
  /** Unix milliseconds. */
  readonly publishedAtMs: number;
  /** The last ended job that is counted in it, as an id of the stream of endings; '' = none. Its successor goes on there. */
  readonly countedUntil: string;
  /** By which `ended` and `running` number spans of time; see the scheduler. */
  readonly epochs: {
    readonly first: number;
    readonly sinceMs: readonly number[];
    readonly endedSince: number;
  };
  /** Of all jobs that have ended. */
  readonly ended: PredictorState;
  /** Of those at work at this moment. Made anew each time, so nothing of a lost worker stays in it. */
  readonly running: PredictorState;
  /** What the pools of each model keep free. Left out by versions that did not steer it. */
  readonly margins?: Readonly<Record<string, MarginState>>;
}

/** The predictor as the leader has it: what has ended, and what is at work. */
export function predictorFrom(predictions: Predictions): ReadState {
  const options = { eps: predictions.eps };
  const ended = predictorOf(predictions.ended, options);
  if (!ended.ok) return ended;
  const running = predictorOf(predictions.running, options);
  if (!running.ok) return running;
  ended.predictor.merge(running.predictor);
  return ended;
}

/** By model; one that is missing is as it begins. */
export const marginsFrom = ({ margins = {} }: Predictions): Map<string, Margin> =>
  new Map(Object.entries(margins).map(([model, state]) => [model, new Margin(state)]));

/** One document in Redis: written by the leader alone, read by all. */
export class PredictionsPort {
  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
  ) {}

  /** `fence`: the leader's value, which grows with every change of leader. False: another leads, nothing was written. */
  async publish(predictions: Predictions, fence: string): Promise<boolean> {
    const outcome = await publishDocumentScript.run(
      this.redis,
      [this.names.leader, this.names.predictions],
      [fence, JSON.stringify(predictions)],
    );
    return outcome === 1;
  }

  /** Undefined: none was published yet, or by a version that this one does not know. */
  async latest(): Promise<Predictions | undefined> {
    const text = await this.redis.get(this.names.predictions);
    if (text === null) return undefined;
    const predictions = JSON.parse(text) as { version?: unknown };
    return predictions.version === 1 ? (predictions as Predictions) : undefined;
  }
}

/** For those who only read. */
export type PredictionsReader = Pick<PredictionsPort, 'latest'> & { close(): Promise<void> };

export function connectPredictions(config: QueueConfig): PredictionsReader {
  const redis = openRedis(config, 'predictions');
  const port = new PredictionsPort(redis, namesFor(config.prefix));
  return { latest: () => port.latest(), close: () => closeRedis(redis) };
}
