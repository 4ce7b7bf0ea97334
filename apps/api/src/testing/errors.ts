import { expect } from 'vitest';
import { ApiErrorBody } from '@gistpool/contracts';

/** Reads an answer as an error of the agreed shape and nothing else. */
export async function errorOf(answer: Response): Promise<ApiErrorBody & { status: number }> {
  const body = (await answer.json()) as Record<string, unknown>;
  expect(Object.keys(body)).toEqual(['error']);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  // Where clients of OpenAI's API ask there is a type, too.
  const { type: _type, ...error } = body['error'] as Record<string, unknown>;
  return { status: answer.status, ...ApiErrorBody.strict().parse(error) };
}
