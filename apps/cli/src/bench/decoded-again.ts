import { z } from 'zod';

/** A thought that a worker has ended, as its log says before anything of it is written to Redis. */
export interface EndedThought {
  readonly pid: number;
  readonly job: string;
  readonly thought: number;
}

const Line = z.object({
  pid: z.int(),
  job: z.string(),
  thought: z.int(),
  msg: z.literal('a thought is compressed'),
});

/** What a line of a worker's log at level debug tells of thoughts; undefined: nothing. */
export function endedThoughtIn(line: string): EndedThought | undefined {
  if (!line.startsWith('{')) return undefined;
  const { data } = Line.safeParse(jsonIn(line));
  return data && { pid: data.pid, job: data.job, thought: data.thought };
}

/**
 * Thoughts of a job that were decoded, in whole or in part, by a worker that was killed and by the one after it: those
 * that the killed one had ended beyond what the next began with, and the one it was at, which counts as begun. A next
 * worker that ended no thought was at the answer, behind all `thoughts` of the job.
 */
export function decodedAgain(
  ended: readonly EndedThought[],
  job: string,
  killedPid: number,
  thoughts: number,
): number {
  const own = ended.filter((one) => one.job === job);
  const before = own.filter(({ pid }) => pid === killedPid).length;
  const after = own.filter(({ pid }) => pid !== killedPid).map(({ thought }) => thought);
  return before + 1 - Math.min(thoughts, ...after);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
