import { Sampling } from '@gistpool/contracts';
import { openCard } from '@gistpool/engine';
import { readGgufFileInfo } from 'node-llama-cpp';
import { CliError } from '../exit';
import { type Load, PASS_TOKENS, timedSteps } from './peer';
import { ownReading, type Speed, speedBetween } from './speed';

/** Longest thought of a session that compresses: one compression in about 24 steps with 2 gists. */
const THOUGHT_TOKENS = 20;

export interface LoopSpeed extends Speed {
  readonly compressions: number;
  /** Of the time of a step: waiting for the sampler. The peer samples nothing. */
  readonly samplingShare: number;
}

/** What the loop must not sample by itself: how long a session and its thoughts last is the benchmark's to say. */
export interface LoopTokens {
  readonly end: number;
  readonly splitter: number;
}

export async function loopTokensOf(modelPath: string): Promise<LoopTokens> {
  const info = await readGgufFileInfo(modelPath, { readTensorInfo: false, logWarnings: false });
  const { tokens, eos_token_id: end } = info.metadata.tokenizer.ggml;
  const splitter = tokens.indexOf('<|splitter|>');
  if (end === undefined || splitter === -1)
    throw new CliError(`${modelPath} has no end token or no splitter, which this benchmark needs`);
  return { end, splitter };
}

/**
 * Rows decoded per second by the worker's own loop: session state machine, decode, sampling, eviction, account. Every
 * row is one token through the model, gists and continues included, as the peer counts them. A thought that reaches
 * its limit is closed by force, so that a model of random weights compresses as often as a trained one. A loop that does
 * not compress has no such limit.
 */
export async function loopSpeed(load: Load, tokens: LoopTokens, compresses: boolean): Promise<LoopSpeed> {
  const opened = await openCard({
    modelPath: load.modelPath,
    modelName: 'bench',
    device: 'cpu',
    threads: load.threads,
    kvBudgetBytes: Number.MAX_SAFE_INTEGER,
    lanes: [{ slots: load.sessions, cells: load.promptTokens + load.tokens }],
    kvType: 'f16',
    flashAttention: false,
    prefillChunk: PASS_TOKENS,
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
          max_thoughts: compresses ? Math.max(1, Math.floor(load.tokens / THOUGHT_TOKENS)) : 0,
          // Beyond the last token that is sampled.
          max_thought_tokens: compresses ? THOUGHT_TOKENS : load.tokens + 3,
        },
        sampling: {
          ...Sampling.parse({ logit_bias: { [tokens.end]: -100, [tokens.splitter]: -100 } }),
          seed: session,
        },
        reservedCells: 0,
      });
      if (refusal !== undefined)
        throw new CliError(`session ${session} was refused: ${JSON.stringify(refusal)}`);
    }
    const isPrefilling = () =>
      card.lanes().some((lane) => lane.slots.some((slot) => slot.phase === 'prefill'));
    while (isPrefilling()) await card.step();
    const steps = timedSteps(load);
    const before = card.totals();
    const start = ownReading();
    for (let step = 0; step < steps; step++) await card.step();
    const end = ownReading();
    if (card.sessions() !== load.sessions) throw new CliError('a session ended before the measurement did');
    const after = card.totals();
    const compressions = after.compressions - before.compressions;
    if (compressions > 0 !== compresses)
      throw new CliError(`${String(compressions)} thoughts were compressed while the clock ran`);
    return {
      ...speedBetween(start, end, steps * load.sessions),
      compressions,
      samplingShare: (after.samplingMs - before.samplingMs) / 1000 / (end.wallSeconds - start.wallSeconds),
    };
  } finally {
    await card.dispose();
  }
}
