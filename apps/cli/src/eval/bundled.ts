import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Mode } from '../models';
import { ROOT } from '../root';

export interface Wish {
  /** Names of models, or `all`. */
  readonly names: readonly string[];
  readonly mode?: Mode;
}

/**
 * The files of `models/` that an eval's own pool serves when none is given with --model: those that are asked for and
 * no others, since every model costs a worker. Of several of a mode the first by name. Empty: none fits; the pool
 * serves its usual ones, and choosing among them says what is missing.
 */
export async function bundledFiles({ names, mode }: Wish, folder = join(ROOT, 'models')): Promise<string[]> {
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.gguf'))
        .sort((a, b) => nameOf(a).localeCompare(nameOf(b)))
        .map((name) => join(folder, name))
    : [];
  if (names.length === 1 && names[0] === 'all') return files;
  if (names.length > 0) {
    const found = names.flatMap((name) => files.filter((file) => nameOf(file) === name));
    return found.length === names.length ? found : [];
  }
  for (const file of files) if ((await modeInFile(file)) === (mode ?? 'lightthinker')) return [file];
  return [];
}

const nameOf = (file: string): string => basename(file, '.gguf');

/** What the file's own metadata say; undefined when they say nothing. */
async function modeInFile(file: string): Promise<string | undefined> {
  const { readGgufFileInfo } = await import('node-llama-cpp');
  const info = await readGgufFileInfo(file, {
    sourceType: 'filesystem',
    readTensorInfo: false,
    logWarnings: false,
  }).catch(() => undefined);
  const own = (info?.metadata as { gistpool?: { method?: unknown; every_tokens?: unknown } } | undefined)
    ?.gistpool;
  if (typeof own?.method !== 'string') return undefined;
  return own.method === 'lightthinker' && own.every_tokens !== undefined ? 'token' : own.method;
}
