import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { CliError, EXIT } from '../exit';
import { readCsv } from './csv-file';
import { readJson } from './json-file';
import { readInput } from './json-lines';
import type { Puzzle } from './puzzle';

/** What counts as data in a folder; README, LICENSE and the like do not. */
const DATA_ENDINGS = ['.json', '.jsonl', '.ndjson', '.csv'];

export interface ReadOptions {
  /** Orders the options of GPQA. */
  readonly seed?: number;
  /** Only so many questions of each file. */
  readonly limit?: number;
}

/** All puzzles of a file, of every data file of a folder, or of stdin (`-`). */
export async function readPuzzles(path: string, options: ReadOptions = {}): Promise<Puzzle[]> {
  return path !== '-' && (await isFolder(path)) ? readFolder(path, options) : readFile(path, options);
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

async function readFolder(folder: string, options: ReadOptions): Promise<Puzzle[]> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .filter((name) => DATA_ENDINGS.includes(extname(name).toLowerCase()))
    .sort();
  if (names.length === 0)
    throw new CliError(`${folder} holds no data file (${DATA_ENDINGS.join(', ')})`, EXIT.usage);
  const puzzles: Puzzle[] = [];
  for (const name of names) {
    const stem = stemOf(name);
    const twin = names.find((other) => other !== name && stemOf(other) === stem);
    if (twin !== undefined)
      throw new CliError(`${folder}: ${name} and ${twin} would have the same name ${stem}`, EXIT.usage);
    for (const puzzle of await readFile(join(folder, name), options)) puzzles.push(ofFile(puzzle, stem));
  }
  return puzzles;
}

/** Ids that a file gives itself are its own only. */
const ofFile = (puzzle: Puzzle, stem: string): Puzzle =>
  puzzle.id.startsWith(`${stem}-`) ? puzzle : { ...puzzle, id: `${stem}/${puzzle.id}` };

async function readFile(path: string, { seed = 0, limit }: ReadOptions): Promise<Puzzle[]> {
  const source = path === '-' ? 'stdin' : path;
  const content = await readInput(path);
  const stem = stemOf(basename(source));
  const puzzles =
    extname(source).toLowerCase() === '.csv'
      ? readCsv(content, source, stem, seed)
      : readJson(content, source, stem);
  const seen = new Set<string>();
  for (const { id } of puzzles) {
    if (seen.has(id))
      throw new CliError(`${source}: two questions have the id ${JSON.stringify(id)}`, EXIT.usage);
    seen.add(id);
  }
  return puzzles.slice(0, limit);
}

const stemOf = (name: string): string => name.replace(/\.\w+$/, '');
