/**
 * How long one decode step of a card takes: `a` for every pass (the weights are read once), `b` for every session in it, `c`
 * for every cell attended to. Measured at a worker's start; sharing a pool makes attention dearer, for every session scans
 * the cells of all its neighbours.
 */
export interface StepTime {
  readonly passMs: number;
  readonly sessionMs: number;
  readonly cellMs: number;
  /** Factor on `cellMs` when G sessions share a pool; 1 for G = 1. */
  readonly sharing: (sessionsPerPool: number) => number;
  /** Prefill, per prompt token. */
  readonly prefillMs: number;
}

export const stepMs = (time: StepTime, sessions: number, cells: number, sessionsPerPool: number): number =>
  time.passMs + time.sessionMs * sessions + time.cellMs * time.sharing(sessionsPerPool) * cells;

/** Attention grows by so much of itself per further session in a pool; 0 where K and V are read once per pool. */
export const linearSharing =
  (perSession: number) =>
  (sessionsPerPool: number): number =>
    1 + perSession * (sessionsPerPool - 1);
