import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CliError, EXIT } from '../exit';
import { complaint } from '../puzzles/unusable';
import { ItemRecord } from './item-record';
import { differenceOf, RunInfo } from './run-info';

const INFO = 'run.json';
const RESULTS = 'results.jsonl';
const BATCHES = 'batches.jsonl';
const SUMMARY = 'summary.json';

const BatchLine = z.object({ batch: z.string() });

export const isRunFolder = (dir: string): boolean => existsSync(join(dir, INFO));

/**
 * A run on disk: `run.json` (what is asked), `results.jsonl` (a line per answer, appended as it comes), `batches.jsonl`
 * (what was sent to the pool), and at the end `summary.json` and `report.html`. One process owns it at a time. A line
 * that a kill cut off is dropped when the folder is taken up again.
 */
export class RunFolder {
  private constructor(
    readonly dir: string,
    readonly info: RunInfo,
    /** Newest last; of an item and sample the last one counts. */
    readonly records: ItemRecord[],
    /** Batches that the pool may still know. */
    readonly batches: string[],
  ) {}

  /** Begins a run, or takes up the one that the folder holds; refuses one that asks something else. */
  static open(dir: string, wanted: RunInfo): RunFolder {
    if (isRunFolder(dir)) {
      const folder = RunFolder.read(dir);
      const difference = differenceOf(folder.info, wanted);
      if (difference === undefined) return folder;
      throw new CliError(
        `${dir} holds another run: ${difference}. Choose another --out, or remove the folder`,
        EXIT.usage,
      );
    }
    if (existsSync(join(dir, RESULTS)))
      throw new CliError(`${dir} has a ${RESULTS} but no ${INFO}; choose another --out`, EXIT.usage);
    try {
      mkdirSync(dir, { recursive: true });
    } catch (error) {
      throw new CliError(`cannot make the folder ${dir}: ${(error as Error).message}`, EXIT.usage);
    }
    writeWhole(join(dir, INFO), wanted);
    return new RunFolder(dir, wanted, [], []);
  }

  static read(dir: string): RunFolder {
    if (!isRunFolder(dir))
      throw new CliError(`${dir} is no result folder: it has no ${INFO} (made by eval --out)`, EXIT.usage);
    const info = parsedWith(RunInfo, readFileSync(join(dir, INFO), 'utf8'), join(dir, INFO));
    return new RunFolder(
      dir,
      info,
      linesOf(join(dir, RESULTS), ItemRecord),
      linesOf(join(dir, BATCHES), BatchLine).map(({ batch }) => batch),
    );
  }

  append(record: ItemRecord): void {
    this.records.push(record);
    appendFileSync(join(this.dir, RESULTS), `${JSON.stringify(record)}\n`);
  }

  noteBatch(batch: string): void {
    this.batches.push(batch);
    appendFileSync(join(this.dir, BATCHES), `${JSON.stringify({ batch })}\n`);
  }

  writeSummary(summary: unknown): void {
    writeWhole(join(this.dir, SUMMARY), summary);
  }
}

/** Nobody finds half of it, not even after a kill. */
function writeWhole(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(draft, path);
}

function linesOf<S extends z.ZodType>(path: string, schema: S): z.infer<S>[] {
  if (!existsSync(path)) return [];
  const content = readFileSync(path, 'utf8');
  const whole = content.slice(0, content.lastIndexOf('\n') + 1);
  if (whole.length < content.length) truncateSync(path, Buffer.byteLength(whole));
  return whole
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => parsedWith(schema, line, `${path}, line ${number}`));
}

function parsedWith<S extends z.ZodType>(schema: S, text: string, where: string): z.infer<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CliError(`${where} is not JSON; it is not what eval wrote there`, EXIT.usage);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CliError(`${where}: ${complaint(parsed.error)}`, EXIT.usage);
}
