import { bisectRight } from 'd3-array';
import type { SimpleAdmission } from './rules';
import type { SimJob } from './sim-job';
import type { SimPool } from './sim-pool';
import type { SimSession } from './sim-session';

/** Ended jobs that are remembered. */
const HISTORY = 1000;

/**
 * Past-Future (LightLLM; Gong and others 2025): how far a request will go is drawn from how far past ones went, given how
 * far it is already; a request is admitted while the future peak of memory stays within it. Requests are taken to grow by
 * one cell per step until they end, and to give all back then: with those that end last first, the peak is the largest
 * sum over i of (cells now of the first i) + i x (steps of the i-th). As published, "far" is output tokens. Given `peak` it
 * is told what compression makes of them, which LightLLM is not: cells grow until the peak is reached.
 */
export class PastFuture implements SimpleAdmission {
  private readonly past: number[];
  private sorted: number[] | undefined;

  constructor(
    history: readonly number[],
    private readonly measure: 'output tokens' | 'peak',
    private readonly random: () => number,
    /** Share of the cells that it fills. */
    private readonly watermark = 1,
  ) {
    this.past = [...history];
  }

  admits(pool: SimPool, job: SimJob, returning: SimSession | undefined): boolean {
    const done = returning ? this.doneBy(returning) : 0;
    const newcomer = { live: returning?.liveCells ?? job.promptTokens, left: this.draw(done) - done };
    const all = pool.members.map((one) => {
      const reached = this.doneBy(one);
      if (reached > one.guessed) one.guessed = this.draw(reached);
      return { live: one.liveCells, left: Math.max(0, one.guessed - reached) };
    });
    all.push(newcomer);
    all.sort((a, b) => b.left - a.left);
    let sum = 0;
    return all.every((one, at) => {
      sum += one.live;
      return sum + one.left * (at + 1) <= this.watermark * pool.shape.cells;
    });
  }

  placed(_pool: SimPool, session: SimSession): void {
    session.guessed = this.draw(this.doneBy(session));
  }

  ended({ standing, course, job }: SimSession): void {
    const peak = standing.peakCells - job.promptTokens;
    this.past.push(this.measure === 'peak' ? peak : standing.sampledTokens + course.tailTokens);
    if (this.past.length > HISTORY) this.past.shift();
    this.sorted = undefined;
  }

  private doneBy({ standing, liveCells, job }: SimSession): number {
    return this.measure === 'peak'
      ? liveCells - job.promptTokens
      : standing.sampledTokens + standing.thoughtCells;
  }

  /** One of the past ones that went further. */
  private draw(done: number): number {
    this.sorted ??= [...this.past].sort((a, b) => a - b);
    const from = bisectRight(this.sorted, done);
    const among = this.sorted.length - from;
    return among === 0 ? done : (this.sorted[from + Math.floor(this.random() * among)] ?? done);
  }
}
