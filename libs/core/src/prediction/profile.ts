import { BUCKETS, bucketOf, upperEdge } from './buckets';
import { HORIZON_STEPS, HORIZONS, type Forecast, type Outlook, type Standing } from './horizon';
import { moment, quantileOfShares, type Shares } from './lengths';
import type { Survival } from './survival';

/** What a group's statistics say, with what it borrowed. */
export interface Distributions {
  /** Of the peak beyond the prompt. */
  readonly growth: Survival;
  readonly thoughts: Survival;
  readonly thoughtTokens: Shares;
  readonly tailTokens: Shares;
}

/** Thoughts up to which survival is tabulated one by one. */
const TABLED_THOUGHTS = 2048;
/** Lengths of the present thought for which its future is tabulated. */
const TABLED_CELLS: readonly number[] = [
  0, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096,
];
/** A session's own thoughts count as much as the group's when it has had so many. */
const OWN_THOUGHTS = 24;

/**
 * The saw-tooth in figures: the floor rises by `kept` cells per thought, thoughts are drawn one after the other, and the
 * session ends with a chance that depends on how many it has had. Its own pace narrows the group's.
 */
export class Profile implements Forecast {
  /** Of a thought: sampled tokens, splitter included. */
  readonly meanThoughtTokens: number;
  readonly meanTailTokens: number;
  /** Of a thought in progress, met at any of its steps: mean cells and mean square. */
  readonly metCells: number;
  readonly metSquare: number;
  /** Of a whole session, those left out that go beyond what was seen. */
  readonly meanSteps: number;
  private readonly beyondTokens: Float64Array;
  private readonly tabledQuantiles = new Map<number, Float64Array>();
  private readonly alive = new Float64Array(TABLED_THOUGHTS);
  private readonly spikeMean = new Float64Array(TABLED_CELLS.length * HORIZONS);
  private readonly spikeSquare = new Float64Array(TABLED_CELLS.length * HORIZONS);

  constructor(
    readonly distributions: Distributions,
    readonly kept: number,
    /** Ended sessions that it was made of. */
    private readonly sessions = Number.POSITIVE_INFINITY,
  ) {
    const { thoughtTokens, tailTokens, thoughts } = distributions;
    this.meanThoughtTokens = moment(thoughtTokens, 1);
    this.meanTailTokens = moment(tailTokens, 1);
    this.beyondTokens = beyond(thoughtTokens);
    for (let k = 0; k < TABLED_THOUGHTS; k += 1) {
      this.alive[k] = k === 0 ? 1 : (thoughts.beyond[bucketOf(k) - 1] ?? 0);
    }
    const [first, second, third] = [1, 2, 3].map((power) => moment(thoughtTokens, power)) as [
      number,
      number,
      number,
    ];
    const steps = Math.max(1, first + kept);
    this.metCells = (second / 2 + kept * first) / steps;
    this.metSquare = (third / 3 + kept * second) / steps;
    let thoughtsHad = 0;
    for (let k = 1; k < TABLED_THOUGHTS && (this.alive[k] ?? 0) > 0.005; k += 1)
      thoughtsHad += this.alive[k] ?? 0;
    this.meanSteps = thoughtsHad * this.stepsPerThought + this.meanTailTokens;
    this.tableSpikes();
  }

  /** Steps from one compression to the next: sampled tokens, and gists and continue one by one. */
  get stepsPerThought(): number {
    return this.meanThoughtTokens + this.kept;
  }

  /** Share of sessions that think a thought number `thoughts` + 1. */
  aliveAfter(thoughts: number): number {
    return this.alive[Math.min(TABLED_THOUGHTS - 1, Math.floor(thoughts))] ?? 0;
  }

  addTo(outlook: Outlook, standing: Standing): void {
    const pace = this.paceOf(standing);
    const stepsPerThought = pace * this.meanThoughtTokens + this.kept;
    const reached = Math.max(1e-9, this.aliveAfter(standing.thoughts));
    const row = tabledRow(standing.thoughtCells / pace) * HORIZONS;
    for (let at = 0; at < HORIZONS; at += 1) {
      const steps = HORIZON_STEPS[at] ?? 0;
      const later = steps / stepsPerThought;
      const tail = Math.max(0, later - this.meanTailTokens / stepsPerThought);
      const alive = Math.min(1, this.aliveAfter(standing.thoughts + tail) / reached);
      const floor = standing.floorCells + later * this.kept;
      const isNow = at === 0;
      const spike = isNow ? standing.thoughtCells : pace * (this.spikeMean[row + at] ?? 0);
      const square = isNow ? spike * spike : pace * pace * (this.spikeSquare[row + at] ?? 0);
      const mean = alive * (floor + spike);
      const meanSquare = alive * (floor * floor + 2 * floor * spike + square);
      const doubt = (floor + spike) * Math.sqrt((alive * (1 - alive)) / (this.sessions * reached + 1));
      outlook.put(at, mean, Math.max(0, meanSquare - mean * mean), doubt, alive * floor);
    }
  }

  stillThinking(standing: Standing, thoughtCells: number): number {
    const pace = this.paceOf(standing);
    const now = this.share(standing.thoughtCells / pace);
    return now <= 0 ? 0 : Math.min(1, this.share(Math.max(0, thoughtCells - this.kept) / pace) / now);
  }

  thoughtQuantile(standing: Standing, chance: number): number {
    const pace = this.paceOf(standing);
    const tokens = this.quantiles(chance)[bucketOf(standing.thoughtCells / pace)] ?? Number.POSITIVE_INFINITY;
    return Math.ceil(pace * tokens) + this.kept;
  }

  /** Steps from a session's start to its end that `chance` of all exceed. */
  stepsQuantile(chance: number): number {
    const { thoughts, tailTokens } = this.distributions;
    let most = 0;
    while (most < BUCKETS - 1 && (thoughts.beyond[most] ?? 0) > chance) most += 1;
    return upperEdge(most) * this.stepsPerThought + quantileOfShares(tailTokens, chance);
  }

  /** By the bucket of a thought's present length: what it exceeds with the chance. */
  private quantiles(chance: number): Float64Array {
    const known = this.tabledQuantiles.get(chance);
    if (known) return known;
    const table = new Float64Array(BUCKETS).fill(Number.POSITIVE_INFINITY);
    let end = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const aim = chance * (bucket === 0 ? 1 : (this.beyondTokens[bucket] ?? 0));
      while (end < BUCKETS && (end < bucket || (this.beyondTokens[end] ?? 0) > aim)) end += 1;
      if (end < BUCKETS) table[bucket] = upperEdge(end);
    }
    this.tabledQuantiles.set(chance, table);
    return table;
  }

  /** How long its thoughts are against the group's; near 1 as long as it had few. */
  private paceOf({ thoughts, sampledTokens }: Standing): number {
    if (thoughts === 0) return 1;
    const own = sampledTokens / this.meanThoughtTokens;
    return (OWN_THOUGHTS + own) / (OWN_THOUGHTS + thoughts);
  }

  private share(tokens: number): number {
    return tokens < 1 ? 1 : (this.beyondTokens[bucketOf(tokens)] ?? 0);
  }

  /** A thought of l tokens: it goes on to l + h, or has given way to one that is met somewhere in its middle. */
  private tableSpikes(): void {
    TABLED_CELLS.forEach((cells, row) => {
      const now = Math.max(1e-12, this.share(cells));
      HORIZON_STEPS.forEach((ahead, at) => {
        const stays = Math.min(1, this.share(cells + ahead) / now);
        this.spikeMean[row * HORIZONS + at] = stays * (cells + ahead) + (1 - stays) * this.metCells;
        this.spikeSquare[row * HORIZONS + at] = stays * (cells + ahead) ** 2 + (1 - stays) * this.metSquare;
      });
    });
  }
}

function beyond(shares: Shares): Float64Array {
  const values = new Float64Array(BUCKETS);
  let left = 1;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    left -= shares[bucket] ?? 0;
    values[bucket] = Math.max(0, left);
  }
  return values;
}

function tabledRow(cells: number): number {
  let row = 0;
  while (row + 1 < TABLED_CELLS.length && (TABLED_CELLS[row + 1] ?? 0) <= cells) row += 1;
  return row;
}
