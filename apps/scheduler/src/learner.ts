import { Margin, Predictor, predictorOf, stateOf, type JobFeatures } from '@gistpool/core';
import type { ModelInfo } from '@gistpool/contracts';
import { featuresOf, marginsFrom, type Ending, type Predictions } from '@gistpool/queue';
import { Epochs } from './epochs';

/** A session at work: what was promised of it, and how far it has come. */
export interface Running {
  readonly features: JobFeatures;
  readonly promisedPeakCells: number;
  readonly promisedAtMs: number;
  readonly thoughts: number;
  readonly peakCells: number;
}

export type Restored =
  | { readonly ok: true; readonly learner: Learner }
  /** What was learnt is lost and begins anew; nothing else. */
  | { readonly ok: false; readonly problem: string };

/**
 * Owns what the leader learns. Jobs that ended are counted once, by the stream of endings; sessions at work are counted
 * anew from the cards' reports each time, so that what a lost worker held is gone with it.
 */
export class Learner {
  private isChanged = false;

  constructor(
    readonly predictor: Predictor,
    private readonly epochs = new Epochs(),
    /** The last ending that is counted. */
    private until = '',
    private running = new Predictor(predictor.options),
    /** What the pools of each model keep free. */
    private readonly marginOf = new Map<string, Margin>(),
  ) {}

  /** Goes on where an earlier leader stopped. */
  static restore(predictions: Predictions, eps: number): Restored {
    const read = predictorOf(predictions.ended, { eps });
    if (!read.ok) return read;
    const { epochs, countedUntil } = predictions;
    return {
      ok: true,
      learner: new Learner(
        read.predictor,
        new Epochs(epochs),
        countedUntil,
        undefined,
        marginsFrom(predictions),
      ),
    };
  }

  get countedUntil(): string {
    return this.until;
  }

  /** Whether there is more to publish than was published. */
  get hasNews(): boolean {
    return this.isChanged;
  }

  get margins(): ReadonlyMap<string, Margin> {
    return this.marginOf;
  }

  /** In the order of their stream. What ended of a model that nobody knows any more teaches nothing. */
  count(
    endings: readonly Ending[],
    until: string,
    models: ReadonlyMap<string, ModelInfo>,
    nowMs: number,
  ): void {
    for (const ending of endings) {
      const model = models.get(ending.model);
      if (!model) continue;
      const features = featuresOf(ending, model);
      this.countOne(ending, features);
      this.steer(ending, features, nowMs);
    }
    if (until === this.until) return;
    this.until = until;
    this.isChanged = true;
  }

  /** All sessions that are at work now. */
  follow(sessions: Iterable<Running>): void {
    this.running = new Predictor(this.predictor.options);
    for (const { features, promisedPeakCells, promisedAtMs, thoughts, peakCells } of sessions) {
      const progress = this.running.begin(features, promisedPeakCells, this.epochs.of(promisedAtMs));
      this.running.reach(progress, thoughts, peakCells);
    }
    this.predictor.follow(this.running);
    this.isChanged = true;
  }

  predictions(nowMs: number): Predictions {
    return {
      version: 1,
      eps: this.predictor.options.eps,
      publishedAtMs: nowMs,
      countedUntil: this.until,
      epochs: this.epochs.state,
      ended: stateOf(this.predictor),
      running: stateOf(this.running),
      margins: Object.fromEntries([...this.marginOf].map(([model, margin]) => [model, margin.state])),
    };
  }

  published(): void {
    this.isChanged = false;
  }

  private steer({ model, overflows = 0, promisedAtMs }: Ending, features: JobFeatures, nowMs: number): void {
    const margin = this.marginOf.get(model) ?? new Margin();
    this.marginOf.set(model, margin);
    const { changedAt } = this.predictor.known(features);
    margin.ended({ hasOverflowed: overflows > 0, placedAtMs: promisedAtMs, changedAt }, nowMs);
  }

  private countOne(ending: Ending, features: JobFeatures): void {
    const { predictor, epochs } = this;
    const { course, peakCells, promisedPeakCells, promisedAtMs } = ending;
    const progress = predictor.begin(features, promisedPeakCells, epochs.of(promisedAtMs));
    for (const tokens of course.thoughtTokens) predictor.thought(progress, tokens, features.promptTokens);
    if (ending.outcome === 'completed') {
      const { runMs: ms, generatedTokens: tokens } = ending;
      predictor.end(progress, course.tailTokens, peakCells, { ms, tokens });
    } else {
      // It stays counted among those that got so far at least.
      predictor.reach(progress, course.thoughtTokens.length, peakCells);
    }
    epochs.sessionEnded(promisedAtMs);
  }
}
