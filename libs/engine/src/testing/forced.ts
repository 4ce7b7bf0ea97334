import { Sampling } from '@gistpool/contracts';
import type { LaneCard } from '../card';
import { openLaneCard } from '../open-card';
import type { CardOptions } from '../types';

/** A chain whose tokens are forced instead of sampled. Gists and continues are fed by the engine itself. */
export interface ForcedSequence {
  readonly prompt: readonly number[];
  /** What the user asks in the prompt: the engine's own count of its tokens is returned. */
  readonly question?: string;
  /** Each with its splitter, or of full length at token level. */
  readonly thoughts: readonly (readonly number[])[];
  /** What follows the last continue, end token included. */
  readonly tail: readonly number[];
  /** Positions whose log-probabilities are wanted: of tokens after which one is sampled. */
  readonly positions: readonly number[];
}

export interface ForcedRun {
  /** Per sequence a row of log-probabilities for each wanted position, in order. */
  readonly rows: readonly (readonly Float64Array[])[];
  readonly compressions: number;
  /** Per sequence: tokens that the engine makes of its question by the model's chat template. */
  readonly promptTokens: readonly (number | undefined)[];
}

/** What the engine computes for given chains, all side by side, with its own eviction: for comparison with a trainer. */
export async function forceSequences(
  options: Omit<CardOptions, 'lanes' | 'modelName'>,
  sequences: readonly ForcedSequence[],
  gistCount: number,
): Promise<ForcedRun> {
  const opened = await openLaneCard({
    ...options,
    modelName: 'forced',
    lanes: [{ slots: sequences.length, cells: cellsFor(sequences, gistCount) }],
  });
  if (!opened.ok) throw new Error(`${opened.refused.path}: ${opened.refused.reason}`);
  try {
    return await run(opened.card, sequences, gistCount);
  } finally {
    await opened.card.dispose();
  }
}

async function run(
  card: LaneCard,
  sequences: readonly ForcedSequence[],
  gistCount: number,
): Promise<ForcedRun> {
  const rows: Float64Array[][] = sequences.map(() => []);
  sequences.forEach((sequence, index) => {
    const forced = forcedTokens(sequence, gistCount);
    const wanted = new Set(sequence.positions);
    let next = 0;
    const refusal = card.admitPrompt(
      {
        jobId: `sequence-${String(index)}`,
        lane: 0,
        messages: [],
        limits: {
          max_tokens: forced.length,
          max_thoughts: sequence.thoughts.length + 1,
          max_thought_tokens: longest(sequence) + 2,
        },
        sampling: { ...Sampling.parse({}), seed: 0 },
        reservedCells: cellsFor(sequences, gistCount),
      },
      sequence.prompt,
      async (logProbabilities) => {
        const step = forced[next++];
        if (step === undefined)
          throw new Error(`sequence ${String(index)} goes on after its ${String(forced.length)} tokens`);
        if (wanted.has(step.from)) rows[index]?.push(await logProbabilities());
        return step.token;
      },
    );
    if (refusal !== undefined) throw new Error(`sequence ${String(index)}: ${JSON.stringify(refusal)}`);
  });
  while (card.sessions() > 0) await card.step();
  const promptTokens = sequences.map(({ question }) =>
    question === undefined ? undefined : card.countTokens([{ role: 'user', content: question }]),
  );
  return { rows, compressions: card.totals().compressions, promptTokens };
}

/** The forced tokens, each with the position whose logits it is chosen from. */
function forcedTokens(
  sequence: ForcedSequence,
  gistCount: number,
): { readonly token: number; readonly from: number }[] {
  const forced: { token: number; from: number }[] = [];
  let from = sequence.prompt.length - 1;
  for (const thought of sequence.thoughts) {
    for (const token of thought) forced.push({ token, from: from++ });
    from += gistCount + 1;
  }
  for (const token of sequence.tail) forced.push({ token, from: from++ });
  return forced;
}

const longest = (sequence: ForcedSequence): number =>
  Math.max(sequence.tail.length, ...sequence.thoughts.map((thought) => thought.length));

/** Room for a chain of which nothing were evicted. */
function cellsFor(sequences: readonly ForcedSequence[], gistCount: number): number {
  const lengths = sequences.map(
    (sequence) =>
      sequence.prompt.length +
      forcedTokens(sequence, gistCount).length +
      (sequence.thoughts.length + 2) * (gistCount + 1),
  );
  return Math.ceil((Math.max(...lengths) + 2) / 256) * 256;
}
