import { Predictor, type Margin } from '@gistpool/core';
import type { ModelInfo } from '@gistpool/contracts';
import type { Dispatch, PlacedJob } from '@gistpool/queue';
import type { Logger } from '@gistpool/telemetry';
import { Learner } from './learner';

export interface LearningOptions {
  readonly eps: number;
  /** Told to those who read what was learnt. */
  readonly admission: 'predicted' | 'bound';
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** What has ended is looked for so often, and sessions at work are counted anew. */
const LOOK_EVERY_MS = 1_000;
const PUBLISH_EVERY_MS = 3_000;

/** Keeps the leader's learner up to date with Redis, both ways. A scheduler that does not lead has nothing to do here. */
export class Learning {
  private learner: Learner;
  private lookAtMs = 0;
  private publishAtMs = 0;

  constructor(
    private readonly dispatch: Dispatch,
    private readonly options: LearningOptions,
  ) {
    this.learner = new Learner(new Predictor({ eps: options.eps }));
  }

  get predictor(): Predictor {
    return this.learner.predictor;
  }

  /** What the pools of each model keep free. */
  get margins(): ReadonlyMap<string, Margin> {
    return this.learner.margins;
  }

  /** On taking the lead: goes on from what the last leader published, and counts what has ended since. */
  async takeOver(): Promise<void> {
    const { eps, logger } = this.options;
    this.lookAtMs = 0;
    const predictions = await this.dispatch.latestPredictions();
    const restored = predictions && Learner.restore(predictions, eps);
    if (restored?.ok === false)
      logger.warn({ problem: restored.problem }, 'predictions begin anew: what was learnt cannot be read');
    this.learner = restored?.ok ? restored.learner : new Learner(new Predictor({ eps }));
  }

  async look(models: ReadonlyMap<string, ModelInfo>, readPlaced: () => Promise<PlacedJob[]>): Promise<void> {
    const nowMs = this.options.nowMs();
    if (nowMs < this.lookAtMs) return;
    this.lookAtMs = nowMs + LOOK_EVERY_MS;
    for (;;) {
      const { endings, until } = await this.dispatch.endings(this.learner.countedUntil);
      if (endings.length === 0) break;
      this.learner.count(endings, until, models, nowMs);
    }
    this.learner.follow(
      (await readPlaced()).map(({ outline, features, placement, standing }) => ({
        features,
        promisedPeakCells: outline.promisedPeakCells ?? placement.reservedCells,
        promisedAtMs: outline.promisedAtMs ?? placement.placedAtMs,
        thoughts: standing?.thoughts ?? 0,
        peakCells: standing?.peakCells ?? outline.promptTokens,
      })),
    );
    if (nowMs >= this.publishAtMs) await this.publish();
  }

  /** Also at the end of a leader's time, so that its successor need not count again. */
  async publish(): Promise<void> {
    const nowMs = this.options.nowMs();
    this.publishAtMs = nowMs + PUBLISH_EVERY_MS;
    if (!this.learner.hasNews) return;
    const predictions = { ...this.learner.predictions(nowMs), admission: this.options.admission };
    if (await this.dispatch.publishPredictions(predictions)) this.learner.published();
  }
}
