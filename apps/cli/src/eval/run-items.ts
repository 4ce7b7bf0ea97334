import type { JobView } from '@gistpool/contracts';
import type { BatchProgress } from '../batch';
import type { PoolClient } from '../client/pool-client';
import { lastBoxed } from '../puzzles/answer-span';
import { answerIn, isRight } from '../puzzles/grade';
import type { Puzzle } from '../puzzles/puzzle';
import { seedOf } from '../puzzles/seeded';
import { taskOf } from '../run-puzzles';
import { ask, type Asking } from './ask';
import { fingerprintOf, type ItemRecord } from './item-record';
import { keyOf } from './items';
import { promptOf } from './prompt';
import type { RunInfo } from './run-info';
import { sawToothOf } from './saw-tooth';

/** Where a run's records go, and what is there from before. */
export interface RecordStore {
  readonly records: readonly ItemRecord[];
  readonly batches: readonly string[];
  append(record: ItemRecord): void;
  noteBatch(batch: string): void;
}

/** For a run that nobody will take up again. */
export class MemoryStore implements RecordStore {
  readonly records: ItemRecord[] = [];
  readonly batches: string[] = [];
  append(record: ItemRecord): void {
    this.records.push(record);
  }
  noteBatch(batch: string): void {
    this.batches.push(batch);
  }
}

export interface RunListener {
  /** Before anything is asked. */
  begins?(counts: { readonly answered: number; readonly missing: number }): void;
  takenUp?(jobs: number): void;
  progress(progress: BatchProgress): void | Promise<void>;
}

/** Asks every sample of every item that has no answer yet. Items of `traced` keep their saw-tooth. */
export async function runItems(
  client: PoolClient,
  info: RunInfo,
  puzzles: readonly Puzzle[],
  traced: ReadonlySet<string>,
  store: RecordStore,
  signal: AbortSignal,
  listener: RunListener,
): Promise<void> {
  const answered = new Set(
    store.records.filter(({ state }) => state === 'completed').map(({ id, sample }) => keyOf(id, sample)),
  );
  const wanted = new Map<string, { puzzle: Puzzle; sample: number }>();
  for (const puzzle of puzzles) {
    for (let sample = 0; sample < info.samples; sample += 1) {
      const key = keyOf(puzzle.id, sample);
      if (!answered.has(key)) wanted.set(key, { puzzle, sample });
    }
  }
  listener.begins?.({ answered: answered.size, missing: wanted.size });
  if (wanted.size === 0) return;
  const total = answered.size + wanted.size;
  let refused = 0;
  const askings = [...wanted].map(([key, { puzzle, sample }]) => askingFor(info, puzzle, sample, key));

  await ask(client, askings, store.batches, signal, {
    sent: (batch) => store.noteBatch(batch),
    takenUp: (jobs) => listener.takenUp?.(jobs),
    progress: ({ ended, completed }) =>
      listener.progress({
        ended: answered.size + refused + ended,
        completed: answered.size + completed,
        total,
      }),
    refused: (key, message) => {
      const one = wanted.get(key);
      if (one === undefined) return;
      refused += 1;
      const nothing = { answer: '', answer_text: '', right: false };
      store.append({ ...headOf(info, one.puzzle, one.sample), ...nothing, state: 'refused', error: message });
    },
    ended: async (key, job) => {
      const one = wanted.get(key);
      if (one === undefined) return;
      const isTraced = one.sample === 0 && traced.has(one.puzzle.id) && job.state === 'completed';
      const sawTooth = isTraced ? await sawToothIn(client, job, info) : [];
      store.append({
        ...headOf(info, one.puzzle, one.sample),
        ...bodyOf(one.puzzle, job),
        ...(sawTooth.length > 0 && { saw_tooth: sawTooth }),
      });
    },
  });
}

function askingFor(info: RunInfo, puzzle: Puzzle, sample: number, key: string): Asking {
  const { model, prompt, temperature, max_tokens } = info;
  return {
    key,
    request: {
      model: model.name,
      ...promptOf(puzzle, prompt),
      ...taskOf(puzzle),
      ...(max_tokens !== undefined && { limits: { max_tokens } }),
      sampling: { temperature, seed: seedFor(info, puzzle, sample) },
    },
  };
}

/** The same for every model, so that samples of two runs with the same seed draw alike. */
const seedFor = ({ seed }: RunInfo, { id }: Puzzle, sample: number): number => seedOf(seed, id, sample);

const headOf = (info: RunInfo, puzzle: Puzzle, sample: number) => ({
  id: puzzle.id,
  sample,
  data_set: puzzle.dataSet,
  family: puzzle.family,
  fingerprint: fingerprintOf(puzzle),
  target: puzzle.target,
  seed: seedFor(info, puzzle, sample),
});

function bodyOf(puzzle: Puzzle, job: JobView) {
  const isCompleted = job.state === 'completed' && job.result !== undefined;
  const text = isCompleted ? answerTextOf(job) : '';
  return {
    answer: text.trim() === '' ? '' : answerIn(text, puzzle),
    answer_text: text,
    right: isCompleted && isRight(text, puzzle.target, puzzle.choices),
    state: isCompleted
      ? ('completed' as const)
      : job.state === 'cancelled'
        ? ('cancelled' as const)
        : ('failed' as const),
    ...(job.error !== undefined && { error: job.error.message }),
    ...(job.result !== undefined && { finish_reason: job.result.finish_reason }),
    job: job.id,
    ...(job.placed_at_ms !== undefined && { placed_at_ms: job.placed_at_ms }),
    ...(job.finished_at_ms !== undefined && { finished_at_ms: job.finished_at_ms }),
    ...(job.usage !== undefined && { usage: job.usage }),
  };
}

/** What follows the start of the answer; a text that never got there may still have boxed its result. */
function answerTextOf({ result }: JobView): string {
  if (result === undefined) return '';
  if (result.answer.trim() !== '') return result.answer;
  const boxed = lastBoxed(result.text);
  return boxed === undefined ? '' : `\\boxed{${boxed}}`;
}

async function sawToothIn(client: PoolClient, job: JobView, { model }: RunInfo) {
  const events = [];
  for await (const event of client.events(job.id)) if (event.type !== 'text') events.push(event);
  const method = model.mode === 'token' ? 'lightthinker' : model.mode;
  return sawToothOf(events, { method, gistCount: model.gist_count });
}
