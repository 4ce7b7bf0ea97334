import { findNodeAtLocation, parseTree, type JSONPath } from 'jsonc-parser';
import { z } from 'zod';
import { messageOf } from '../exit';
import { choicesIn } from './choices';
import { parseJsonLines } from './json-lines';
import type { Puzzle } from './puzzle';
import { puzzleIn } from './records';
import { complaint, Unusable } from './unusable';

/** BIG-Bench Hard's files. */
const BenchFile = z.object({
  examples: z
    .array(
      z.object({
        input: z.string().min(1),
        target: z.coerce.string().refine((text) => text.trim() !== '', 'the target is empty'),
      }),
    )
    .min(1, 'there are none'),
});

/** One JSON value (BIG-Bench Hard, or a list of records), or one JSON object a line. */
export function readJson(content: string, source: string, stem: string): Puzzle[] {
  const whole = parsed(content);
  if (whole.ok && Array.isArray(whole.value)) {
    if (whole.value.length === 0) throw new Unusable(source, undefined, 'the list is empty');
    return whole.value.map((value, index) =>
      puzzleIn({ value, line: lineOfPath(content, [index]), number: index + 1 }, source, stem),
    );
  }
  if (whole.ok && typeof whole.value === 'object' && whole.value !== null && 'examples' in whole.value)
    return benchPuzzles(whole.value, content, source, stem);
  if (!whole.ok && !startsWithJsonLine(content) && content.trim() !== '')
    throw new Unusable(source, lineOfError(content, whole.error), `not JSON: ${messageOf(whole.error)}`);
  return parseJsonLines(content, source).map(({ number, value }) =>
    puzzleIn({ value, line: number, number }, source, stem),
  );
}

function benchPuzzles(value: object, content: string, source: string, stem: string): Puzzle[] {
  const file = BenchFile.safeParse(value);
  if (!file.success) {
    const path = (file.error.issues[0]?.path ?? []) as JSONPath;
    throw new Unusable(source, lineOfPath(content, path), complaint(file.error));
  }
  return file.data.examples.map(({ input, target }, index) => {
    const choices = choicesIn(input);
    return {
      id: `${stem}-${index + 1}`,
      family: stem,
      dataSet: 'bbh',
      input,
      target,
      ...(choices !== undefined && { choices }),
    };
  });
}

type Parsed =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

function parsed(content: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(content.replace(/^\uFEFF/, '')) };
  } catch (error) {
    return { ok: false, error };
  }
}

const startsWithJsonLine = (content: string): boolean =>
  parsed(content.trimStart().split('\n', 1)[0] ?? '').ok;

const lineAt = (content: string, offset: number): number => content.slice(0, offset).split('\n').length;

/** JSON.parse names a position; without one the text just ends. */
function lineOfError(content: string, error: unknown): number {
  const position = /position (\d+)/.exec(messageOf(error))?.[1];
  return lineAt(content.trimEnd(), position === undefined ? content.length : Number(position));
}

/** Where a value stands, or its nearest parent that is there. */
function lineOfPath(content: string, path: JSONPath): number {
  const tree = parseTree(content);
  for (let length = path.length; tree !== undefined && length > 0; length -= 1) {
    const node = findNodeAtLocation(tree, path.slice(0, length));
    if (node !== undefined) return lineAt(content, node.offset);
  }
  return 1;
}
