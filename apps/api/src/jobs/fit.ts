import type { JobRequest, ModelInfo, ResolvedLimits } from '@gistpool/contracts';
import { ApiError } from '../http/api-error';
import { peakCells } from './peak';

/** Fewer than these is no useful rest: the job is refused instead of being cut so short. */
export const FEWEST_THOUGHTS = 16;
export const FEWEST_TOKENS = 128;

export interface Fitted {
  readonly limits: ResolvedLimits;
  readonly peakCells: number;
}

type Asked = Pick<JobRequest, 'limits' | 'messages'>;

/**
 * The limits a job runs under: the client's, and the model's defaults for what it left out. A long prompt may shrink a
 * default (thoughts of a model that compresses, else tokens) so that the job fits the widest slot; never a limit that
 * the client named. What fits in no way is refused with the numbers.
 */
export function fitLimits(model: ModelInfo, promptTokens: number, asked: Asked): Fitted | ApiError {
  const limits: ResolvedLimits = {
    max_tokens: asked.limits.max_tokens ?? model.default_limits.max_tokens,
    max_thoughts: asked.limits.max_thoughts ?? model.default_limits.max_thoughts,
    max_thought_tokens: asked.limits.max_thought_tokens ?? model.default_limits.max_thought_tokens,
  };
  const needs = (candidate: ResolvedLimits) => peakCells(model, promptTokens, candidate);
  const fits = (candidate: ResolvedLimits) => needs(candidate) <= model.largest_slot_cells;
  if (fits(limits)) return { limits, peakCells: needs(limits) };

  const { key, fewest } = shrinkable(model);
  const largest = largestUpTo(limits[key], (value) => fits({ ...limits, [key]: value }));
  const isUseful = largest >= Math.min(fewest, limits[key]);
  if (isUseful && asked.limits[key] === undefined) {
    const shrunk = { ...limits, [key]: largest };
    return { limits: shrunk, peakCells: needs(shrunk) };
  }
  const advice = largest > 0 ? ` With limits.${key} of at most ${grouped(largest)} it fits.` : '';
  return doesNotFit(model, promptTokens, needs(limits), advice, paramOf(model, promptTokens, asked));
}

function shrinkable(model: ModelInfo): { key: 'max_thoughts' | 'max_tokens'; fewest: number } {
  return model.method === 'lightthinker'
    ? { key: 'max_thoughts', fewest: FEWEST_THOUGHTS }
    : { key: 'max_tokens', fewest: FEWEST_TOKENS };
}

/** The largest value from 1 to `most` that holds; 0 if none does. What holds for a value holds for every smaller one. */
function largestUpTo(most: number, holds: (value: number) => boolean): number {
  let low = 0;
  let high = most;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The prompt is at fault when no limits could make the job fit. */
function paramOf(model: ModelInfo, promptTokens: number, asked: Asked): string {
  const least = peakCells(model, promptTokens, { max_tokens: 1, max_thoughts: 1, max_thought_tokens: 2 });
  if (least <= model.largest_slot_cells) return 'limits';
  return asked.messages === undefined ? 'prompt' : 'messages';
}

function doesNotFit(
  model: ModelInfo,
  promptTokens: number,
  needed: number,
  advice: string,
  param: string,
): ApiError {
  const parts = `prompt ${grouped(promptTokens)} + reasoning bound ${grouped(needed - promptTokens)}`;
  const holds = `the largest slot of ${model.name} holds ${grouped(model.largest_slot_cells)}`;
  const remedy =
    'Shorten the prompt, lower limits.max_tokens or limits.max_thoughts, or add a lane with wider slots.';
  const message = `this job needs ${grouped(needed)} cells at its peak (${parts}); ${holds}. ${remedy}${advice}`;
  return new ApiError(422, 'does_not_fit', message, param);
}

const grouped = (value: number): string => value.toLocaleString('en-US');
