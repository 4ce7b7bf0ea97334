import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/**
 * Keeps this process, all its threads and whatever it starts to as many cores as the contestants have threads. The
 * peer decodes on one thread that stays where it is; the loop goes from thread to thread at each decode and each
 * sample, and was seen to lose up to a fifth of its wall time, but not of its CPU time, when other programs kept the other
 * cores busy. Nor may its samplers then use a core that the peer has not. The public API changes with it too: compare
 * only figures taken one way. Resolves to the cores.
 */
export async function keepToCores(count: number): Promise<readonly number[]> {
  const allowed = coresOf(readFileSync('/proc/self/status', 'utf8'));
  const cores = allowed.slice(-count);
  await promisify(execFile)('taskset', ['-acp', cores.join(','), String(process.pid)]);
  return cores;
}

/** The cores that a process may use, from its /proc/PID/status. */
export function coresOf(status: string): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
