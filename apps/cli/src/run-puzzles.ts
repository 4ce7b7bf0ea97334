import type { JobRequestInput, JobView } from '@gistpool/contracts';
import { untilBatchEnds, type BatchProgress } from './batch';
import type { PoolClient } from './client/pool-client';
import { CliError, EXIT } from './exit';
import { isRight } from './puzzles/grade';
import type { Puzzle } from './puzzles/puzzle';

/** What a pool made of one puzzle. */
export interface Attempt {
  readonly puzzle: Puzzle;
  readonly job: JobView;
  readonly isRight: boolean;
}

/** Results are read so many at a time. */
const READ_AT_ONCE = 8;

/** Sends the puzzles to one model as a batch and waits for all of them; in the puzzles' order. */
export async function runPuzzles(
  client: PoolClient,
  model: string,
  puzzles: readonly Puzzle[],
  signal: AbortSignal,
  onProgress: (progress: BatchProgress) => void | Promise<void>,
): Promise<Attempt[]> {
  const receipt = await client.submitBatch(
    puzzles.map((puzzle) => JSON.stringify(requestFor(puzzle, model))),
  );
  const [firstError] = receipt.errors;
  if (firstError !== undefined) {
    const { line, error } = firstError;
    throw new CliError(
      `the pool took ${receipt.accepted} of ${puzzles.length} puzzles; number ${line}: ${error.message}`,
      EXIT.jobsFailed,
    );
  }
  await untilBatchEnds(client, receipt, signal, onProgress);

  const attempts: Attempt[] = [];
  const waiting = [...receipt.jobs];
  const read = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const puzzle = puzzles[next.line - 1];
      const job = await client.job(next.id);
      if (puzzle !== undefined) attempts[next.line - 1] = { puzzle, job, isRight: rightly(job, puzzle) };
    }
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, read));
  return attempts;
}

const requestFor = (puzzle: Puzzle, model: string): JobRequestInput => ({
  custom_id: puzzle.id,
  model,
  prompt: puzzle.input,
  ...(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(puzzle.family) && { task: puzzle.family }),
});

const rightly = (job: JobView, puzzle: Puzzle): boolean =>
  job.state === 'completed' && job.result !== undefined && isRight(job.result.answer, puzzle.target);
