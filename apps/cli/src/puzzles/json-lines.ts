import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CliError, EXIT, messageOf } from '../exit';

export interface JsonLine {
  /** From 1; blank lines count. */
  readonly number: number;
  readonly value: unknown;
}

/** The text of a file, or of stdin for `-`. */
export async function readInput(path: string): Promise<string> {
  if (path === '-') return text(process.stdin);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : messageOf(error);
    throw new CliError(`cannot read ${path}: ${why}`, EXIT.usage);
  }
}

/** One JSON object a line; the first line that is none is named. `source` is the file's name, for messages. */
export function parseJsonLines(content: string, source: string): JsonLine[] {
  const lines = content
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => ({ number, value: parseLine(line, number, source) }));
  if (lines.length === 0)
    throw new CliError(`${source} is empty: expected one JSON object a line`, EXIT.usage);
  return lines;
}

function parseLine(line: string, number: number, source: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new CliError(`${source}, line ${number} is not JSON: ${messageOf(error)}`, EXIT.usage);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new CliError(`${source}, line ${number} is not a JSON object`, EXIT.usage);
}
