import { z } from 'zod';
import { letterOf, withChoices } from './choices';
import { PuzzleLine, type Puzzle } from './puzzle';
import { complaint, Unusable } from './unusable';

/** One record of a file: a JSON line, or an entry of a JSON list. */
export interface FileRecord {
  readonly value: unknown;
  /** Of the file, from 1: where the record starts. */
  readonly line: number;
  /** From 1: names a record that has no id. */
  readonly number: number;
}

/** MMLU as JSON: the answer is an index into the choices, or a letter. */
const MultipleChoice = z.object({
  question: z.string().min(1),
  choices: z.array(z.coerce.string().min(1)).min(2).max(26),
  answer: z.union([z.int(), z.string().trim().min(1)]),
  subject: z.string().min(1).optional(),
});

/** GSM8K: the result follows `####`. */
const WordProblem = z.object({ question: z.string().min(1), answer: z.string() });

export const FORMS =
  'BIG-Bench Hard {"examples": [{"input", "target"}]}, GSM8K lines {"question", "answer"}, MMLU {"question", "choices", "answer"}, or lines {"input", "target"}';

export function puzzleIn(record: FileRecord, source: string, stem: string): Puzzle {
  const { value, line, number } = record;
  const has = (key: string) => typeof value === 'object' && value !== null && key in value;
  const parse = <S extends z.ZodType>(schema: S): z.infer<S> => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new Unusable(source, line, complaint(parsed.error));
  };
  if (has('input') && has('target')) {
    const { id = `${stem}-${number}`, family = stem, input, target } = parse(PuzzleLine);
    return { id, family, dataSet: 'own', input, target };
  }
  const id = `${stem}-${number}`;
  if (has('question') && has('choices')) {
    const { question, choices, answer, subject } = parse(MultipleChoice);
    const target = letterIn(answer, choices.length);
    if (target === undefined)
      throw new Unusable(
        source,
        line,
        `answer ${JSON.stringify(answer)} is none of the ${choices.length} choices; give an index from 0 or a letter from A`,
      );
    const input = withChoices(question, choices);
    return { id, family: subject ?? subjectOf(stem), dataSet: 'mmlu', input, target, choices };
  }
  if (has('question') && has('answer')) {
    const { question, answer } = parse(WordProblem);
    const target = resultIn(answer);
    if (target === undefined)
      throw new Unusable(source, line, 'the answer gives no result; put it after "#### ", as GSM8K does');
    return { id, family: stem, dataSet: 'gsm8k', input: question, target };
  }
  throw new Unusable(source, line, `expected ${FORMS}`);
}

/** What follows `####`; an answer of one line is its own result. */
function resultIn(answer: string): string | undefined {
  const [before = '', ...after] = answer.split('####');
  const result = (after.at(-1) ?? before).trim();
  return result === '' || result.includes('\n') ? undefined : result;
}

export function letterIn(answer: number | string, choices: number): string | undefined {
  const index =
    typeof answer === 'number'
      ? answer
      : /^\d+$/.test(answer)
        ? Number(answer)
        : answer.length === 1
          ? answer.toUpperCase().charCodeAt(0) - 'A'.charCodeAt(0)
          : -1;
  return index >= 0 && index < choices ? letterOf(index) : undefined;
}

/** MMLU's files are named `<subject>_test`, `_val`, `_dev`. */
export const subjectOf = (stem: string): string => stem.replace(/_(test|val|dev)$/, '');
