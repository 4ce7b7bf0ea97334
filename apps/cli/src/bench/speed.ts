import { readFileSync } from 'node:fs';

/** One look at the clocks. Only differences of two readings mean something. */
export interface Reading {
  readonly wallSeconds: number;
  /** CPU time of the contestant's process, all threads. */
  readonly cpuSeconds: number;
  /** CPU time of everything on this machine, and what its host took away. */
  readonly machineSeconds: number;
}

export interface Speed {
  readonly tokensPerSecond: number;
  readonly cpuMsPerToken: number;
  /** Cores that were busy with something else meanwhile. */
  readonly othersCores: number;
}

/** The kernel counts the machine's time in ticks: a short measurement may be charged with two that are not its own. */
const TICK_ERROR_SECONDS = 0.02;

export function speedBetween(start: Reading, end: Reading, tokens: number): Speed {
  const wall = end.wallSeconds - start.wallSeconds;
  const cpu = end.cpuSeconds - start.cpuSeconds;
  const machine = end.machineSeconds - start.machineSeconds;
  return {
    tokensPerSecond: tokens / wall,
    cpuMsPerToken: (cpu / tokens) * 1000,
    othersCores: Math.max(0, machine - cpu - TICK_ERROR_SECONDS) / wall,
  };
}

/** What two measurements say of the time between them. */
export function meanSpeed(before: Speed, after: Speed): Speed {
  const mean = (of: (speed: Speed) => number) => (of(before) + of(after)) / 2;
  return {
    tokensPerSecond: mean((speed) => speed.tokensPerSecond),
    cpuMsPerToken: mean((speed) => speed.cpuMsPerToken),
    othersCores: mean((speed) => speed.othersCores),
  };
}

export function ownReading(): Reading {
  const { user, system } = process.cpuUsage();
  return {
    wallSeconds: performance.now() / 1000,
    cpuSeconds: (user + system) / 1e6,
    machineSeconds: machineSeconds(readFileSync('/proc/stat', 'utf8')),
  };
}

/** The kernel's unit in /proc/stat, whatever its own tick is. */
const TICKS_PER_SECOND = 100;

/** Busy seconds of all cores in /proc/stat: user, nice, system, irq, softirq and steal; neither idle nor iowait. */
export function machineSeconds(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (stat.split('\n', 1)[0] ?? '')
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}
