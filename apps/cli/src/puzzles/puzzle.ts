import { basename } from 'node:path';
import { z } from 'zod';
import { CliError, EXIT } from '../exit';
import { parseJsonLines, readInput } from './json-lines';

/** A question with the answer that counts as right. */
export interface Puzzle {
  readonly id: string;
  readonly family: string;
  readonly input: string;
  readonly target: string;
}

/** Our own JSON lines. */
export const PuzzleLine = z.object({
  id: z.coerce.string().optional(),
  family: z.string().optional(),
  input: z.string().min(1),
  target: z.coerce.string(),
});

/** GSM8K's JSON lines: the answer follows `####`. */
const WordProblem = z.object({ question: z.string().min(1), answer: z.string() });

/** BIG-Bench Hard's files. */
const BenchFile = z.object({ examples: z.array(z.object({ input: z.string(), target: z.string() })).min(1) });

export async function readPuzzles(path: string): Promise<Puzzle[]> {
  const source = path === '-' ? 'stdin' : path;
  const content = await readInput(path);
  const family = basename(source).replace(/\.\w+$/, '');
  return benchFile(content, family) ?? puzzleLines(content, source, family);
}

/** Undefined when the content is not one JSON value with examples. */
function benchFile(content: string, family: string): Puzzle[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return undefined;
  }
  const file = BenchFile.safeParse(value);
  if (!file.success) return undefined;
  return file.data.examples.map(({ input, target }, index) => ({
    id: `${family}-${index + 1}`,
    family,
    input,
    target,
  }));
}

function puzzleLines(content: string, source: string, family: string): Puzzle[] {
  return parseJsonLines(content, source).map(({ number, value }) => {
    const puzzle = PuzzleLine.safeParse(value);
    if (puzzle.success) {
      const { id = `${family}-${number}`, family: own = family, input, target } = puzzle.data;
      return { id, family: own, input, target };
    }
    const problem = WordProblem.safeParse(value);
    if (problem.success) {
      const { question, answer } = problem.data;
      return {
        id: `${family}-${number}`,
        family,
        input: question,
        target: answer.split('####').at(-1)?.trim() ?? '',
      };
    }
    throw new CliError(
      `${source}, line ${number}: expected {"input", "target"} or {"question", "answer"}`,
      EXIT.usage,
    );
  });
}
