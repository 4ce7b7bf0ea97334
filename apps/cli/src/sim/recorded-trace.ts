import { readFileSync } from 'node:fs';
import { TraceHeader, TraceJob } from '@gistpool/contracts';
import { traceFrom, type Trace } from '@gistpool/sim';
import { CliError, EXIT } from '../exit';

/** Faults that are named before the rest is only counted. */
const NAMED_FAULTS = 5;

/** A trace file: a header line, then one job per line (docs/simulator.md). Refused with all that is wrong in it. */
export function readTrace(path: string): Trace {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${(error as Error).message}`, EXIT.usage);
  }
  const lines = text.split('\n').map((line, at) => ({ line, number: at + 1 }));
  const [first, ...rest] = lines.filter(({ line }) => line.trim() !== '');
  const faults: string[] = [];
  const read = <T>(
    schema: { safeParse(value: unknown): Parsed<T> },
    { line, number }: Numbered,
  ): T | undefined => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      faults.push(`line ${number}: not JSON`);
      return undefined;
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    faults.push(`line ${number}: ${issue?.path.join('.') || 'line'}: ${issue?.message ?? 'wrong'}`);
    return undefined;
  };
  if (!first)
    throw new CliError(`${path} is empty; its first line names the model (docs/simulator.md)`, EXIT.usage);
  const header = read<TraceHeader>(TraceHeader, first);
  const jobs = rest.flatMap((line) => read<TraceJob>(TraceJob, line) ?? []);
  if (!header || faults.length > 0) {
    const more = faults.length > NAMED_FAULTS ? `\n  and ${faults.length - NAMED_FAULTS} more` : '';
    throw new CliError(
      `${path} is no trace:\n  ${faults.slice(0, NAMED_FAULTS).join('\n  ')}${more}`,
      EXIT.usage,
    );
  }
  return traceFrom(header, jobs);
}

interface Numbered {
  readonly line: string;
  readonly number: number;
}

type Parsed<T> =
  | { readonly success: true; readonly data: T }
  | {
      readonly success: false;
      readonly error: { readonly issues: readonly { path: PropertyKey[]; message: string }[] };
    };
