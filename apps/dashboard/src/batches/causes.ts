import type { BatchOutputLine } from '@gistpool/contracts';

interface Fault {
  readonly code: string;
  readonly message: string;
  /** Where it was seen: a line's own id, or its number. */
  readonly where: string;
}

export interface Cause {
  readonly code: string;
  readonly lines: number;
  /** Of the first of them. */
  readonly message: string;
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/** Errors that differ only in their numbers and names have one cause; the most frequent first. */
export function causesOf(faults: readonly Fault[]): Cause[] {
  const causes = new Map<string, { -readonly [K in keyof Cause]: Cause[K] }>();
  for (const { code, message, where } of faults) {
    const key = `${code} ${message.replace(/\d[\d,.]*/g, '0').replace(/"[^"]*"/g, '""')}`;
    const cause = causes.get(key) ?? { code, message, lines: 0, examples: [] };
    causes.set(key, cause);
    cause.lines += 1;
    if (cause.examples.length < EXAMPLES) cause.examples = [...cause.examples, where];
  }
  return [...causes.values()].sort((a, b) => b.lines - a.lines);
}

/** Of a line of an error file; none for one that cannot be read. */
export function faultsIn(line: string): Fault[] {
  try {
    const { error, custom_id: customId, id } = JSON.parse(line) as BatchOutputLine;
    if (error === null) return [];
    const where = customId ?? (error.line === null ? id : `line ${error.line}`);
    return [{ code: error.code, message: error.message, where }];
  } catch {
    return [];
  }
}
