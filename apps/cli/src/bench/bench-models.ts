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

/** Makes a model of random weights with splitter, 2 gists and continue, once; it stays in `folder`. Resolves to its path. */
export async function randomModel(folder: string): Promise<string> {
  const path = join(folder, 'random-150m-q8_0-lightthinker.gguf');
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  writeRandomModel(`${path}.draft`, { ...SHAPE, gists: 2 });
  await rename(`${path}.draft`, path);
  return path;
}
