/** A job's time in a pool, measured or simulated. */
export interface JobRun {
  readonly arrivedMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
}

export interface RunFigures {
  /** Sessions at once, on average over the time in which some job waited; over all of it if none ever did. */
  readonly sessions_mean: number;
  readonly sessions_peak: number;
  /** From the first arrival to the last end. */
  readonly makespan_s: number;
  readonly jobs_per_hour: number;
}

interface Change {
  readonly atMs: number;
  readonly sessions: number;
  readonly waiting: number;
}

export function runFiguresOf(runs: readonly JobRun[]): RunFigures {
  const changes = runs.flatMap(({ arrivedMs, startedMs, endedMs }): Change[] => [
    { atMs: arrivedMs, sessions: 0, waiting: 1 },
    { atMs: startedMs, sessions: 1, waiting: -1 },
    { atMs: endedMs, sessions: -1, waiting: 0 },
  ]);
  // Who ends in the same millisecond goes before who begins.
  changes.sort((a, b) => a.atMs - b.atMs || a.sessions - b.sessions);
  const whole = { ms: 0, sessionMs: 0 };
  const contended = { ms: 0, sessionMs: 0 };
  let [sessions, waiting, peak] = [0, 0, 0];
  let lastMs = changes[0]?.atMs ?? 0;
  for (const change of changes) {
    const ms = change.atMs - lastMs;
    for (const span of waiting > 0 ? [whole, contended] : [whole]) {
      span.ms += ms;
      span.sessionMs += ms * sessions;
    }
    lastMs = change.atMs;
    sessions += change.sessions;
    waiting += change.waiting;
    peak = Math.max(peak, sessions);
  }
  const { ms, sessionMs } = contended.ms > 0 ? contended : whole;
  return {
    sessions_mean: ms === 0 ? 0 : sessionMs / ms,
    sessions_peak: peak,
    makespan_s: whole.ms / 1000,
    jobs_per_hour: whole.ms === 0 ? 0 : (runs.length * 3_600_000) / whole.ms,
  };
}
