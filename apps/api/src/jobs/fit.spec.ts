import { describe, expect, it } from 'vitest';
import type { ModelInfo } from '@gistpool/contracts';
import { ApiError } from '../http/api-error';
import { NANO } from '../testing/stand-in-card';
import { fitLimits, FEWEST_THOUGHTS, FEWEST_TOKENS, type Fitted } from './fit';
import { peakCells } from './peak';

const PLAIN: ModelInfo = { ...NANO, name: 'plain', method: 'vanilla', gist_count: 0 };

function fitted(model: ModelInfo, promptTokens: number, limits = {}): Fitted {
  const result = fitLimits(model, promptTokens, { limits });
  if (result instanceof ApiError) throw result;
  return result;
}

function refused(model: ModelInfo, promptTokens: number, asked: Parameters<typeof fitLimits>[2]): ApiError {
  const result = fitLimits(model, promptTokens, asked);
  if (!(result instanceof ApiError)) throw new Error(`it fits in ${result.peakCells} cells`);
  return result;
}

describe('the limits of a job', () => {
  it('are the defaults of the model where the request names none, and its own where it does', () => {
    expect(fitted(NANO, 10).limits).toEqual(NANO.default_limits);
    expect(fitted(NANO, 10, { max_thoughts: 3 }).limits).toEqual({ ...NANO.default_limits, max_thoughts: 3 });
  });

  it.each([NANO, { ...PLAIN, default_limits: { ...PLAIN.default_limits, max_tokens: 400 } }])(
    'never let a job of $name need more than the widest slot, and waste none of it',
    (model) => {
      for (let promptTokens = 1; promptTokens < 700; promptTokens += 1) {
        const result = fitLimits(model, promptTokens, { limits: {} });
        if (result instanceof ApiError) continue;
        expect(result.peakCells).toBeLessThanOrEqual(model.largest_slot_cells);
        expect(result.peakCells).toBe(peakCells(model, promptTokens, result.limits));
        const { max_thoughts, max_tokens } = result.limits;
        if (max_thoughts < model.default_limits.max_thoughts) {
          expect(max_thoughts).toBeGreaterThanOrEqual(FEWEST_THOUGHTS);
          expect(
            peakCells(model, promptTokens, { ...result.limits, max_thoughts: max_thoughts + 1 }),
          ).toBeGreaterThan(512);
        }
        if (max_tokens < model.default_limits.max_tokens) {
          expect(max_tokens).toBeGreaterThanOrEqual(FEWEST_TOKENS);
          expect(result.peakCells).toBe(512);
        }
      }
    },
  );

  it('do not shrink below a useful rest: the job is refused, with what would fit', () => {
    const error = refused(PLAIN, 400, { limits: {} });
    expect(error).toMatchObject({ status: 422, code: 'does_not_fit', param: 'limits' });
    expect(error.message).toContain('needs 1,000 cells at its peak (prompt 400 + reasoning bound 600)');
    expect(error.message).toContain('With limits.max_tokens of at most 112 it fits.');
  });

  it('are not at fault when the prompt alone is too long', () => {
    expect(refused(NANO, 600, { limits: {} }).param).toBe('prompt');
    expect(refused(NANO, 600, { limits: {}, messages: [] }).param).toBe('messages');
    expect(refused(NANO, 600, { limits: {} }).message).not.toContain('it fits');
  });
});
