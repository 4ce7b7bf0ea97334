import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { writeRandomModel } from '@gistpool/engine/testing';

/** About 150M parameters, q8_0, a vocabulary of 32k: small enough for two cores, large enough that decode dominates. */
const SHAPE = {
  layers: 14,
  width: 768,
  heads: 12,
  kvHeads: 4,
  ffn: 2304,
  vocab: 32_000,
  dtype: 'q8_0',
  seed: 1,
} as const;

export interface BenchModels {
  /** Without LightThinker tokens: runs as vanilla. */
  readonly plain: string;
  /** The same weights' shape with splitter, 2 gists and continue. */
  readonly compressing: string;
}

/** Makes the two models of random weights once; they stay in `folder`. */
export async function randomModels(folder: string): Promise<BenchModels> {
  await mkdir(folder, { recursive: true });
  const make = async (name: string, gists: { gists?: number }): Promise<string> => {
    const path = join(folder, name);
    if (!existsSync(path)) {
      writeRandomModel(`${path}.draft`, { ...SHAPE, ...gists });
      await rename(`${path}.draft`, path);
    }
    return path;
  };
  return {
    plain: await make('random-150m-q8_0.gguf', {}),
    compressing: await make('random-150m-q8_0-lightthinker.gguf', { gists: 2 }),
  };
}
