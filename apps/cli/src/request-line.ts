import { PuzzleLine } from './puzzles/puzzle';

/** A line of a submitted file as the api takes it: a puzzle becomes a request, a request stays what it is. */
export function requestIn(value: unknown, model: string | undefined): unknown {
  const puzzle = PuzzleLine.partial({ target: true }).safeParse(value);
  if (!puzzle.success) return withModel(value as Record<string, unknown>, model);
  const { id, family, input } = puzzle.data;
  return withModel(
    {
      prompt: input,
      ...(id !== undefined && { custom_id: id }),
      ...(family !== undefined && { task: family }),
    },
    model,
  );
}

const withModel = (request: Record<string, unknown>, model: string | undefined): Record<string, unknown> =>
  model === undefined || request['model'] !== undefined ? request : { ...request, model };
