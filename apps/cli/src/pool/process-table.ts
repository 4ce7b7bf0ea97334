import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The command line of a living process; undefined when there is none. */
export function commandOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      // A zombie has no command line: it is gone but for its parent's knowledge.
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || undefined;
    }
    return (
      execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).trim() || undefined
    );
  } catch {
    return undefined;
  }
}

/** Whether the number still names a process of ours and was not given to another program since. */
export const isOurs = (pid: number): boolean =>
  /dist\/(api|scheduler|worker|cli)\/[\w-]+\.js|redis-server/.test(commandOf(pid) ?? '');

/** Waits until none of the processes lives; those that do after `graceMs` are killed. */
export async function waitUntilGone(pids: readonly number[], graceMs: number): Promise<void> {
  const deadlineMs = Date.now() + graceMs;
  for (const pid of pids) {
    while (isOurs(pid)) {
      if (Date.now() > deadlineMs) kill(pid);
      await sleep(50);
    }
  }
}

/** Kills a process; one that is gone already is no error. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
