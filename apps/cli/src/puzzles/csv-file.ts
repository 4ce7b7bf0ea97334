import { CsvError, parse } from 'csv-parse/sync';
import { messageOf } from '../exit';
import { withChoices } from './choices';
import type { Puzzle } from './puzzle';
import { letterIn, subjectOf } from './records';
import { seededRandom, seedOf, shuffled } from './seeded';
import { Unusable } from './unusable';

interface Row {
  readonly cells: readonly string[];
  /** Where the row starts in the file, from 1. */
  readonly line: number;
}

/** GPQA (by its header) or MMLU (`question,A,B,C,D,answer`, no header). `seed` orders GPQA's options. */
export function readCsv(content: string, source: string, stem: string, seed: number): Puzzle[] {
  const [first, ...others] = rowsOf(content, source);
  if (first === undefined) throw new Unusable(source, undefined, 'the file is empty');
  const header = first.cells.map((cell) => cell.trim().toLowerCase());
  if (header.includes('correct answer')) return gpqaPuzzles(header, others, source, stem, seed);
  const rows = header.at(-1) === 'answer' ? others : [first, ...others];
  if (rows.length === 0) throw new Unusable(source, 1, 'there is a header but no question');
  return rows.map((row, index) => mmluPuzzle(row, index + 1, source, stem));
}

function rowsOf(content: string, source: string): Row[] {
  try {
    const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true };
    // With `info` a record comes with the number of the line on which it ends.
    const rows = parse(content, options) as unknown as { record: string[]; info: { lines: number } }[];
    return rows.map(({ record }, at) => ({
      cells: record,
      line: (rows[at - 1]?.info.lines ?? 0) + 1,
    }));
  } catch (error) {
    if (error instanceof CsvError) throw new Unusable(source, undefined, `not CSV: ${messageOf(error)}`);
    throw error;
  }
}

const MMLU_COLUMNS = 6;

function mmluPuzzle({ cells, line }: Row, number: number, source: string, stem: string): Puzzle {
  if (cells.length !== MMLU_COLUMNS)
    throw new Unusable(
      source,
      line,
      `${cells.length} columns; MMLU has ${MMLU_COLUMNS} (question, A, B, C, D, answer), GPQA a header with "Question" and "Correct Answer"`,
    );
  const [question = '', ...rest] = cells;
  const choices = rest.slice(0, -1);
  const answer = rest.at(-1)?.trim() ?? '';
  if (question.trim() === '') throw new Unusable(source, line, 'the question is empty');
  const target = letterIn(answer, choices.length);
  if (target === undefined)
    throw new Unusable(source, line, `the answer is ${JSON.stringify(answer)}, not a letter from A to D`);
  return {
    id: `${stem}-${number}`,
    family: subjectOf(stem),
    dataSet: 'mmlu',
    input: withChoices(question, choices),
    target,
    choices,
  };
}

const WRONG = ['incorrect answer 1', 'incorrect answer 2', 'incorrect answer 3'];

function gpqaPuzzles(
  header: readonly string[],
  rows: readonly Row[],
  source: string,
  stem: string,
  seed: number,
): Puzzle[] {
  const missing = ['question', ...WRONG].filter((name) => !header.includes(name));
  if (missing.length > 0)
    throw new Unusable(source, 1, `the header lacks ${missing.map((name) => `"${name}"`).join(', ')}`);
  if (rows.length === 0) throw new Unusable(source, 1, 'there is a header but no question');
  return rows.map(({ cells, line }, index) => {
    const cell = (name: string) => cells[header.indexOf(name)]?.trim() ?? '';
    const required = (name: string) => {
      const text = cell(name);
      if (text === '') throw new Unusable(source, line, `"${name}" is empty`);
      return text;
    };
    const id = cell('record id') || `${stem}-${index + 1}`;
    const right = required('correct answer');
    const options = [right, ...WRONG.map(required)];
    // By the item's own id: another order or number of rows leaves its options as they are.
    const order = shuffled([...options.keys()], seededRandom(seedOf(seed, id)));
    const choices = order.map((at) => options[at] as string);
    return {
      id,
      family: stem,
      dataSet: 'gpqa',
      input: withChoices(required('question'), choices),
      target: letterIn(order.indexOf(0), choices.length) ?? '',
      choices,
    };
  });
}
