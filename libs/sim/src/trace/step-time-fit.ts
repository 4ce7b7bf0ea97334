import type { TraceStepTime } from '@gistpool/contracts';
import { bisectLeft, cumsum } from 'd3-array';
import { leastSquares, type Equation } from './least-squares';

/** A session as it ran: from when until when, and how its cells went. */
export interface FittedRun {
  readonly card: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly promptTokens: number;
  readonly thoughtTokens: readonly number[];
  readonly tailTokens: number;
}

/** How often what ran beside what is worked out anew with the step times found so far. */
const ITERATIONS = 4;
const MOMENTS_PER_RUN = 40;
const LEAST_MOMENTS = 1_000;
const MOST_MOMENTS = 40_000;

/**
 * What a step takes, from nothing but when jobs ran and how many tokens they sampled. A job ran as long as the steps that it
 * took part in, and the prompts that were fed meanwhile; how many sessions and cells those steps had follows from all that
 * ran on the card. One equation per job, least squares, no coefficient below 0.
 */
export function fitStepTime(runs: readonly FittedRun[], keptCells: number): TraceStepTime {
  const courses = runs.map((run) => new StepsOf(run, keptCells));
  const names = new Set(runs.map(({ card }) => card));
  const cards = [...names].map((name) => new CardTime(courses.filter(({ run }) => run.card === name)));
  let found = [0, 0, 0, 0];
  let rest = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration += 1) {
    const [passMs = 0, sessionMs = 0, cellMs = 0] = found;
    const stepMs = (sessions: number, cells: number) =>
      iteration === 0 ? 1 : passMs + sessionMs * sessions + cellMs * cells;
    const solved = leastSquares(cards.flatMap((card) => card.equations(stepMs)));
    found = solved.coefficients;
    rest = solved.rest;
  }
  const [pass_ms = 0, session_ms = 0, cell_ms = 0, prefill_ms = 0] = found;
  const meanMs = runs.reduce((sum, run) => sum + run.endedMs - run.startedMs, 0) / runs.length;
  return { pass_ms, session_ms, cell_ms, prefill_ms, error: Math.sqrt(rest / runs.length) / meanMs };
}

/** The steps of one session, and what it holds in each. */
class StepsOf {
  readonly steps: number;
  /** Steps until the end of each thought, its compression included; of the tail last. */
  private readonly ends: number[];

  constructor(
    readonly run: FittedRun,
    private readonly keptCells: number,
  ) {
    let steps = 0;
    this.ends = run.thoughtTokens.map((tokens) => (steps += tokens + keptCells));
    this.steps = steps + run.tailTokens;
    this.ends.push(this.steps);
  }

  cellsAt(step: number): number {
    let low = 0;
    let high = this.ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ends[middle] ?? 0) <= step) low = middle + 1;
      else high = middle;
    }
    return this.run.promptTokens + low * this.keptCells + step - (this.ends[low - 1] ?? 0);
  }
}

/** A card over time, cut into moments. */
class CardTime {
  private readonly fromMs: number;
  private readonly everyMs: number;
  private readonly sessions: Float64Array;
  private cells: Float64Array;
  private readonly starts: readonly number[];
  private readonly prompts: readonly number[];

  constructor(private readonly courses: readonly StepsOf[]) {
    const runs = courses.map(({ run }) => run);
    this.fromMs = Math.min(...runs.map(({ startedMs }) => startedMs));
    const spanMs = Math.max(...runs.map(({ endedMs }) => endedMs)) - this.fromMs;
    const meanMs = runs.reduce((sum, run) => sum + run.endedMs - run.startedMs, 0) / runs.length;
    const wanted = Math.ceil((MOMENTS_PER_RUN * spanMs) / Math.max(1, meanMs));
    const moments = Math.min(MOST_MOMENTS, Math.max(LEAST_MOMENTS, wanted));
    this.everyMs = Math.max(spanMs, 1) / moments;
    this.sessions = new Float64Array(moments + 1);
    this.cells = new Float64Array(moments + 1);
    for (const run of runs) this.forMoments(run, (at) => this.add(this.sessions, at, 1));
    runs.sort((a, b) => a.startedMs - b.startedMs);
    this.starts = runs.map(({ startedMs }) => startedMs);
    this.prompts = [0, ...cumsum(runs, ({ promptTokens }) => promptTokens)];
  }

  /** `stepMs`: what a step is taken to last with so many sessions and cells; left at 1, steps are spread evenly over time. */
  equations(stepMs: (sessions: number, cells: number) => number): Equation[] {
    // Steps per moment, in any unit.
    const pace = this.sessions.map(
      (sessions, at) => 1 / Math.max(1e-9, stepMs(sessions, this.cells[at] ?? 0)),
    );
    this.cells = this.cellsAtPace(pace);
    return this.courses.map(({ run, steps }) => {
      let paces = 0;
      let sessions = 0;
      let cells = 0;
      this.forMoments(run, (at) => {
        const weight = pace[at] ?? 0;
        paces += weight;
        sessions += weight * (this.sessions[at] ?? 0);
        cells += weight * (this.cells[at] ?? 0);
      });
      const prompts = this.promptsBefore(run.endedMs) - this.promptsBefore(run.startedMs);
      return {
        terms: [steps, (steps * sessions) / paces, (steps * cells) / paces, prompts],
        value: run.endedMs - run.startedMs,
      };
    });
  }

  /** Live cells at each moment, when all steps of a session are spread over its time as `pace` says. */
  private cellsAtPace(pace: Float64Array): Float64Array {
    const cells = new Float64Array(this.cells.length);
    for (const course of this.courses) {
      const { run, steps } = course;
      let whole = 0;
      this.forMoments(run, (at) => (whole += pace[at] ?? 0));
      let done = 0;
      this.forMoments(run, (at) => {
        const half = (pace[at] ?? 0) / 2;
        this.add(cells, at, course.cellsAt(((done + half) / whole) * steps));
        done += 2 * half;
      });
    }
    return cells;
  }

  /** Prompt tokens of all that began before. */
  private promptsBefore(ms: number): number {
    return this.prompts[bisectLeft(this.starts, ms)] ?? 0;
  }

  private add(to: Float64Array, at: number, value: number): void {
    to[at] = (to[at] ?? 0) + value;
  }

  /** At least one. */
  private forMoments({ startedMs, endedMs }: FittedRun, work: (at: number) => void): void {
    const first = Math.floor((startedMs - this.fromMs) / this.everyMs);
    const end = Math.max(first + 1, Math.floor((endedMs - this.fromMs) / this.everyMs));
    for (let at = first; at < end; at += 1) work(at);
  }
}
