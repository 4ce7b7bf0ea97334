import type { Asked, Said } from './worker';
import type { Told, WayOutcome } from './what-if';

export interface Run {
  readonly state: 'idle' | 'running' | 'done' | 'stopped' | 'broken';
  readonly told?: Told;
  readonly outcomes: readonly WayOutcome[];
  readonly problem?: string;
}

/** A slider that is being drawn asks once, when it rests. */
const REST_MS = 350;
const IDLE: Run = { state: 'idle', outcomes: [] };

/** Owns the worker: at most one simulates, and what it says about a question that is no longer asked is never heard. */
export class Simulator {
  private run: Run = IDLE;
  private worker: Worker | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();

  readonly read = (): Run => this.run;

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Earlier outcomes stay to be seen until the first of the new ones is there. */
  ask(asked: Asked): void {
    this.end();
    this.set({ state: 'running', outcomes: this.run.outcomes });
    this.timer = setTimeout(() => this.start(asked), REST_MS);
  }

  stop(): void {
    if (this.run.state !== 'running') return;
    this.end();
    this.set({ ...this.run, state: 'stopped' });
  }

  /** Nobody looks any more. */
  end(): void {
    clearTimeout(this.timer);
    this.worker?.terminate();
    this.worker = undefined;
  }

  private start(asked: Asked): void {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    let outcomes: readonly WayOutcome[] = [];
    this.worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<Said>) => {
      if (this.worker !== worker) return;
      switch (data.kind) {
        case 'progress':
          return this.set({ ...this.run, told: data.told });
        case 'outcome':
          outcomes = [...outcomes, data.outcome];
          return this.set({ ...this.run, outcomes });
        case 'done':
          this.end();
          return this.set({ state: 'done', outcomes });
        case 'problem':
          this.end();
          return this.set({ state: 'broken', outcomes, problem: data.problem });
      }
    });
    worker.addEventListener('error', ({ message }) => {
      if (this.worker !== worker) return;
      this.end();
      this.set({ state: 'broken', outcomes, problem: message || 'The simulator could not be started.' });
    });
    worker.postMessage(asked);
  }

  private set(run: Run): void {
    this.run = run;
    for (const listener of this.listeners) listener();
  }
}
