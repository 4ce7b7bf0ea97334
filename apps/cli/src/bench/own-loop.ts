import { Sampling } from '@gistpool/contracts';
import { openCard } from '@gistpool/engine';
import { CliError } from '../exit';
import type { PeerLoad } from './peer';

/** Longest thought of a session that compresses: one compression in about 24 steps with 2 gists. */
const THOUGHT_TOKENS = 20;

/**
 * Rows decoded per second by the worker's own loop: session state machine, decode, sampling, eviction, account. Every
 * row is one token through the model, gists and continues included, as the peer counts them. A thought that reaches
 * its limit is closed by force, so that a model of random weights compresses as often as a trained one.
 */
export async function loopTokensPerSecond(
  load: PeerLoad & { readonly endToken: number },
): Promise<{ tokensPerSecond: number; compressions: number }> {
  const opened = await openCard({
    modelPath: load.modelPath,
    modelName: 'bench',
    device: 'cpu',
    threads: load.threads,
    kvBudgetBytes: Number.MAX_SAFE_INTEGER,
    lanes: [{ slots: load.sessions, cells: load.promptTokens + load.tokens }],
    kvType: 'f16',
    flashAttention: false,
    prefillChunk: 512,
    reportsText: false,
  });
  if (!opened.ok) throw new CliError(`${opened.refused.path}: ${opened.refused.reason}`);
  const { card } = opened;
  try {
    const content = 'a'.repeat(
      Math.max(1, load.promptTokens - card.countTokens([{ role: 'user', content: 'a' }]) + 1),
    );
    for (let session = 0; session < load.sessions; session++) {
      const refusal = card.admit({
        jobId: String(session),
        lane: 0,
        messages: [{ role: 'user', content }],
        // One more than is fed: the last token sampled is never fed.
        limits: {
          max_tokens: load.tokens + 1,
          max_thoughts: Math.max(1, Math.floor(load.tokens / THOUGHT_TOKENS)),
          max_thought_tokens: THOUGHT_TOKENS,
        },
        sampling: { ...Sampling.parse({ logit_bias: { [load.endToken]: -100 } }), seed: session },
        reservedCells: 0,
      });
      if (refusal !== undefined)
        throw new CliError(`session ${session} was refused: ${JSON.stringify(refusal)}`);
    }
    const isPrefilling = () =>
      card.lanes().some((lane) => lane.slots.some((slot) => slot.phase === 'prefill'));
    while (isPrefilling()) await card.step();
    const steps = Math.floor(load.tokens * 0.8);
    const before = card.totals();
    const start = performance.now();
    for (let step = 0; step < steps; step++) await card.step();
    const seconds = (performance.now() - start) / 1000;
    if (card.sessions() !== load.sessions) throw new CliError('a session ended before the measurement did');
    return {
      tokensPerSecond: (steps * load.sessions) / seconds,
      compressions: card.totals().compressions - before.compressions,
    };
  } finally {
    await card.dispose();
  }
}
