import { bucketOf } from './buckets';
import { HORIZON_STEPS, HORIZONS, type Forecast, type Outlook, type Standing } from './horizon';
import { quantile, type Survival } from './survival';

/**
 * One cell more per step until the session ends or reaches the bound. For policies that compress nothing, and for every
 * session whose group is not known well enough: the bound is the only thing that can be promised of it.
 */
export class Ramp implements Forecast {
  constructor(
    /** Most cells, prompt included. */
    private readonly boundCells: (promptTokens: number) => number,
    /** Of the growth beyond the prompt; left out: it never ends. */
    private readonly growth?: Survival,
  ) {}

  addTo(outlook: Outlook, standing: Standing): void {
    const live = standing.floorCells + standing.thoughtCells;
    const grown = live - standing.promptTokens;
    const reached = this.share(grown);
    for (let at = 0; at < HORIZONS; at += 1) {
      const steps = HORIZON_STEPS[at] ?? 0;
      const alive = reached <= 0 ? 1 : Math.min(1, this.share(grown + steps) / reached);
      const cells = Math.min(this.boundCells(standing.promptTokens), live + steps);
      outlook.put(at, alive * cells, alive * (1 - alive) * cells * cells);
    }
  }

  stillThinking(standing: Standing, thoughtCells: number): number {
    const reached = this.share(standing.thoughtCells);
    return reached <= 0 ? 1 : Math.min(1, this.share(thoughtCells) / reached);
  }

  thoughtQuantile(standing: Standing, chance: number): number {
    const bound = this.boundCells(standing.promptTokens) - standing.floorCells;
    if (this.growth === undefined) return bound;
    const grown = standing.floorCells + standing.thoughtCells - standing.promptTokens;
    const quantileCells = quantile(this.growth, chance, bucketOf(grown));
    return Math.min(bound, quantileCells - (standing.floorCells - standing.promptTokens));
  }

  private share(growth: number): number {
    return this.growth === undefined || growth < 1 ? 1 : (this.growth.beyond[bucketOf(growth)] ?? 0);
  }
}
