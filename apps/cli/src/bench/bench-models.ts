import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { writeRandomModel, type RandomModelOptions } from '@gistpool/engine/testing';

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
export const randomModel = (folder: string): Promise<string> =>
  made(folder, 'random-150m-q8_0-lightthinker', { gists: 2 });

/** A text and a thought of the random twins are as long as these allow. */
export const TWIN_LIMITS = { max_tokens: 512, max_thoughts: 26, max_thought_tokens: 20 } as const;

/** The same weights twice, with and without the tokens that compress; both with the limits above. */
export function randomTwin(folder: string, mode: 'lightthinker' | 'vanilla'): Promise<string> {
  const limits = {
    ...TWIN_LIMITS,
    ...(mode === 'vanilla' && { max_thought_tokens: TWIN_LIMITS.max_tokens }),
  };
  const metadata = new Map(
    Object.entries(limits).map(([name, value]) => [`gistpool.${name}`, { type: 'u32', value } as const]),
  );
  return made(folder, `random-150m-q8_0-twin-${mode}`, {
    metadata,
    ...(mode === 'lightthinker' && { gists: 2 }),
  });
}

async function made(folder: string, name: string, more: Partial<RandomModelOptions>): Promise<string> {
  const path = join(folder, `${name}.gguf`);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  writeRandomModel(`${path}.draft`, { ...SHAPE, ...more });
  await rename(`${path}.draft`, path);
  return path;
}
