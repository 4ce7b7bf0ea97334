import { Predictor, type Forecast, type JobFeatures, type Progress } from '@gistpool/core';

/** What is expected of sessions. Asked when they come and at their thoughts' ends, never inside a step. */
export interface Foresight {
  forecast(features: JobFeatures): Forecast;
  predictedPeakCells(features: JobFeatures, standing?: { readonly peakCells: number }): number;
}

/** The promise by which a card of its own accord foresees: P(peak > predicted) <= eps. */
const EPS = 0.01;
/** Nothing that a card saw is forgotten while it runs. */
const EPOCH = 0;

/**
 * What this card's own sessions taught it, until the pool's scheduler tells what all cards' sessions taught it. Knowing
 * nothing, it says what the limits say.
 */
export class Experience implements Foresight {
  private readonly own = new Predictor({ eps: EPS });
  private told: Foresight | undefined;

  /** Takes the pool's experience in place of its own. */
  tell(foresight: Foresight): void {
    this.told = foresight;
  }

  forecast(features: JobFeatures): Forecast {
    return (this.told ?? this.own).forecast(features);
  }

  predictedPeakCells(features: JobFeatures, standing?: { readonly peakCells: number }): number {
    return (this.told ?? this.own).predictedPeakCells(features, standing);
  }

  begin(features: JobFeatures, reservedCells: number): Progress {
    return this.own.begin(features, reservedCells, EPOCH);
  }

  thought(progress: Progress, tokens: number, peakCells: number): void {
    this.own.thought(progress, tokens, peakCells);
  }

  end(progress: Progress, tailTokens: number, peakCells: number): void {
    this.own.end(progress, tailTokens, peakCells);
  }
}
