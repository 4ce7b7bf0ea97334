import { readFileSync } from 'node:fs';

/** The kernel's unit in /proc, whatever its own tick is. */
const TICKS_PER_SECOND = 100;

/** CPU seconds that a process has used, all threads; 0 where there is no /proc, or no such process any more. */
export function cpuSecondsOf(pid: number): number {
  try {
    return cpuSecondsIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return 0;
  }
}

/** utime and stime of /proc/PID/stat. The name before them may hold anything, blanks and brackets too. */
export function cpuSecondsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
