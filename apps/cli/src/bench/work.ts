import { join } from 'node:path';
import type { JobRequestInput } from '@gistpool/contracts';
import { readGgufFileInfo } from 'node-llama-cpp';
import { bundledFiles } from '../eval/bundled';
import { CliError, EXIT } from '../exit';
import type { Puzzle } from '../puzzles/puzzle';
import { readPuzzles } from '../puzzles/read-puzzles';
import { randomTwin } from './bench-models';

export type WorkMode = 'lightthinker' | 'vanilla';

/** What every side of a comparison is given to do. */
export interface Work {
  readonly puzzles: readonly Puzzle[];
  /** Others of the same kind, from which a pool learns what such jobs hold. */
  readonly lessons: readonly Puzzle[];
  /** Whether a model can be right. One of random weights decodes every text to its limit instead. */
  readonly isGraded: boolean;
  modelOf(mode: WorkMode): Promise<string>;
  /** Of each job, beyond its prompt. */
  requestOf(mode: WorkMode): Promise<Pick<JobRequestInput, 'sampling'>>;
}

/** What a command's options ask for. */
export interface WorkWish {
  readonly puzzles: string;
  readonly jobs: number;
  readonly learn: number;
  readonly random?: true;
  readonly dataDir: string;
}

export async function workFor({ puzzles, jobs, learn, random, dataDir }: WorkWish): Promise<Work> {
  if (random) return randomWork(join(dataDir, 'bench'), jobs, learn);
  const all = await readPuzzles(puzzles);
  if (all.length >= jobs + learn) return bundledWork(all.slice(0, jobs), all.slice(jobs, jobs + learn));
  const message = `${puzzles} holds ${all.length} puzzles; ${jobs} to run and ${learn} others to learn from are asked for`;
  throw new CliError(message, EXIT.usage);
}

/** The pair that `gistpool up` serves. */
const TWINS = { lightthinker: 'gistpool-nano-qwen2', vanilla: 'gistpool-nano-qwen2-vanilla' } as const;

/** Puzzles for the bundled twins, which end their thoughts and texts by themselves. */
const bundledWork = (puzzles: readonly Puzzle[], lessons: readonly Puzzle[]): Work => ({
  puzzles,
  lessons,
  isGraded: true,
  modelOf: async (mode) => {
    const [path] = await bundledFiles({ names: [TWINS[mode]] });
    if (path === undefined) throw new CliError(`models/ holds no ${TWINS[mode]}.gguf`, EXIT.modelRefused);
    return path;
  },
  requestOf: () => Promise.resolve({}),
});

const PROMPT_CHARS = 64;
const CONTROL = 3;
const NEVER = -100;

/**
 * Twins of random weights, made once in `folder`: so large that weights and attention decide, not what is around them.
 * All texts are as long as each other; thoughts end by their limit.
 */
function randomWork(folder: string, jobs: number, learn: number): Work {
  const puzzleOf = (_: unknown, at: number): Puzzle => ({
    id: String(at),
    family: 'random',
    dataSet: 'own',
    input: String(at).padEnd(PROMPT_CHARS, 'a'),
    target: '-',
  });
  const all = Array.from({ length: jobs + learn }, puzzleOf);
  return {
    puzzles: all.slice(0, jobs),
    lessons: all.slice(jobs),
    isGraded: false,
    modelOf: (mode) => randomTwin(folder, mode),
    requestOf: async (mode) => ({
      sampling: { logit_bias: await withoutControl(await randomTwin(folder, mode)) },
    }),
  };
}

/** Biases under which a model samples none of the tokens that end a text, a thought or the thinking. */
async function withoutControl(modelPath: string): Promise<Record<string, number>> {
  const info = await readGgufFileInfo(modelPath, { readTensorInfo: false, logWarnings: false });
  const types = info.metadata.tokenizer.ggml.token_type ?? [];
  return Object.fromEntries(
    [...types.keys()].filter((id) => types[id] === CONTROL).map((id) => [String(id), NEVER]),
  );
}
