import type { Sampling } from '@gistpool/contracts';
import type { TokenId } from '@gistpool/core';
import type { GrammarState, SamplerConfig } from './binding';

/** How far back the repeat penalty looks, in sampled tokens. */
export const PENALTY_WINDOW = 64;

/** A sampler is set anew at each thought, and within a long thought after so many sampled tokens. */
export const RESEED_EVERY = 64;

/** Whether the next token depends on more than the tokens so far, so that a resume needs the sampler's state. */
export function isStateful(sampling: Sampling): boolean {
  return sampling.temperature > 0 || sampling.repeat_penalty !== 1;
}

/**
 * The engine's sampler for the stretch of text that `seed` stands for. It is a function of the sampled tokens and the
 * seed alone, so a resumed job samples what the uninterrupted one would have.
 */
export function samplerConfig(
  sampling: Sampling,
  forbidden: readonly TokenId[],
  seed: number,
  sampled: readonly TokenId[],
  grammar?: GrammarState,
): SamplerConfig {
  const isGreedy = sampling.temperature <= 0;
  const biases = biasesOf(sampling, forbidden);
  return {
    temperature: sampling.temperature,
    seed,
    ...(grammar === undefined ? {} : { grammarEvaluationState: grammar }),
    ...(isGreedy || sampling.top_k === 0 ? {} : { topK: sampling.top_k }),
    ...(isGreedy || sampling.top_p >= 1 ? {} : { topP: sampling.top_p }),
    ...(isGreedy || sampling.min_p === 0 ? {} : { minP: sampling.min_p }),
    ...(sampling.repeat_penalty === 1
      ? {}
      : {
          repeatPenalty: sampling.repeat_penalty,
          repeatPenaltyMaxTokens: PENALTY_WINDOW,
          repeatPenaltyTokens: Uint32Array.from(sampled.slice(-PENALTY_WINDOW)),
        }),
    ...(biases.size === 0
      ? {}
      : {
          tokenBiasKeys: Uint32Array.from(biases.keys()),
          tokenBiasValues: Float32Array.from(biases.values()),
        }),
  };
}

function biasesOf(sampling: Sampling, forbidden: readonly TokenId[]): Map<TokenId, number> {
  const biases = new Map(Object.entries(sampling.logit_bias).map(([token, bias]) => [Number(token), bias]));
  for (const token of forbidden) biases.set(token, -Infinity);
  return biases;
}

/** The engine takes this value for "choose one at random". */
const RANDOM_SEED = 0xffff_ffff;

/** Neighbouring stretches never share a seed, or the engine would not start its generator anew. */
export function stretchSeed(jobSeed: number, thought: number, stretch: number): number {
  const seed = (mix(jobSeed) + Math.imul(thought, 0x9e3779b1) + Math.imul(stretch, 0x85ebca77)) >>> 0;
  return seed === RANDOM_SEED ? 0 : seed;
}

function mix(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return bits ^ (bits >>> 15);
}
