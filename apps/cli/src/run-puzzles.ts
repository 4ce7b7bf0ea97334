import type { JobRequestInput, JobView } from '@gistpool/contracts';
import type { BatchProgress } from './batch';
import type { PoolClient } from './client/pool-client';
import { ask } from './eval/ask';
import { CliError, EXIT } from './exit';
import { isRight } from './puzzles/grade';
import type { Puzzle } from './puzzles/puzzle';
import type { Outcome } from './summary';

/** What a pool made of one puzzle. */
export interface Attempt extends Outcome {
  readonly puzzle: Puzzle;
  readonly job: JobView;
}

/** Sends the puzzles to one model as a batch and waits for all of them; in the puzzles' order. */
export async function runPuzzles(
  client: PoolClient,
  model: string,
  puzzles: readonly Puzzle[],
  signal: AbortSignal,
  onProgress: (progress: BatchProgress) => void | Promise<void>,
  /** Of each of them, beyond its prompt. */
  more: Pick<JobRequestInput, 'sampling'> = {},
): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  const askings = puzzles.map((puzzle, index) => ({
    key: String(index),
    request: { model, prompt: puzzle.input, ...taskOf(puzzle), ...more },
  }));
  await ask(client, askings, [], signal, {
    progress: onProgress,
    refused: (key, message) => {
      throw new CliError(`the pool refused puzzle ${Number(key) + 1}: ${message}`, EXIT.jobsFailed);
    },
    ended: (key, job) => {
      const puzzle = puzzles[Number(key)];
      if (puzzle !== undefined) attempts[Number(key)] = attemptOf(puzzle, job);
    },
  });
  return attempts;
}

/** Groups a family's jobs in predictions and reports, when its name can be one. */
export const taskOf = ({ family }: Puzzle): Pick<JobRequestInput, 'task'> =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(family) ? { task: family } : {};

function attemptOf(puzzle: Puzzle, job: JobView): Attempt {
  const isCompleted = job.state === 'completed' && job.result !== undefined;
  return {
    puzzle,
    job,
    isCompleted,
    isRight: isCompleted && isRight(job.result?.answer ?? '', puzzle.target, puzzle.choices),
    usages: isCompleted && job.usage !== undefined ? [job.usage] : [],
  };
}
