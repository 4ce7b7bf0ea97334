import { HORIZON_STEPS, HORIZONS, type Forecast, type Outlook, type Standing } from '@gistpool/core';
import type { Course } from './sim-job';

/** The oracle's forecast: the course itself. */
export class KnownCourse implements Forecast {
  /** Steps from the begin to the end of each thought, compression included; the tail last. */
  private readonly ends: Float64Array;
  /** Over the steps of the course: the present thought's cells. */
  private readonly meanSpike: number;
  private readonly spikeVariance: number;

  constructor(
    private readonly course: Course,
    private readonly kept: number,
    /** By which thoughts begin; left out: their ends are known, too, and every end is waited for exactly. */
    private readonly gating?: Forecast,
  ) {
    const thoughts = course.thoughtTokens.length;
    this.ends = new Float64Array(thoughts + 1);
    let steps = 0;
    let held = 0;
    let squares = 0;
    for (let k = 0; k <= thoughts; k += 1) {
      const length = this.stepsOf(k);
      held += (length * length) / 2;
      squares += length ** 3 / 3;
      steps += length;
      this.ends[k] = steps;
    }
    this.meanSpike = held / steps;
    this.spikeVariance = squares / steps - this.meanSpike ** 2;
  }

  addTo(outlook: Outlook, standing: Standing): void {
    const begun = standing.thoughts === 0 ? 0 : (this.ends[standing.thoughts - 1] ?? 0);
    const now = begun + standing.thoughtCells;
    let k = standing.thoughts;
    for (let at = 0; at < HORIZONS; at += 1) {
      const then = now + (HORIZON_STEPS[at] ?? 0);
      while (k < this.ends.length && (this.ends[k] ?? 0) < then) k += 1;
      if (k >= this.ends.length) return;
      const floor = standing.promptTokens + k * this.kept;
      const isPresent = k === standing.thoughts;
      // Where neighbours' waiting shifts the phases, only the average over a thought can be counted on.
      if (isPresent) outlook.put(at, floor + then - begun, 0);
      else outlook.put(at, floor + this.meanSpike, this.spikeVariance);
    }
  }

  stillThinking(standing: Standing, thoughtCells: number): number {
    const { thoughts } = standing;
    if (this.gating) return this.gating.stillThinking(standing, thoughtCells);
    return thoughtCells < this.stepsOf(thoughts) ? 1 : 0;
  }

  thoughtQuantile(standing: Standing, chance: number): number {
    if (this.gating) return this.gating.thoughtQuantile(standing, chance);
    return this.stepsOf(standing.thoughts);
  }

  private stepsOf(k: number): number {
    const { thoughtTokens, tailTokens } = this.course;
    return k < thoughtTokens.length ? (thoughtTokens[k] ?? 0) + this.kept : tailTokens;
  }
}
