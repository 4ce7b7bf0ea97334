import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Sampling } from '@gistpool/contracts';
import { openLaneCard, type LaneCard } from '@gistpool/engine/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Sequence {
  readonly prompt: readonly number[];
  readonly thoughts: readonly (readonly number[])[];
  readonly answer: readonly number[];
  readonly recorded: readonly { readonly position: number; readonly token: number; readonly kind: string }[];
}

interface Reference {
  readonly model: string;
  readonly vocabulary: number;
  readonly gists: readonly number[];
  readonly continue: number;
  readonly sequences: readonly Sequence[];
}

const fixtures = resolve(import.meta.dirname, 'fixtures/fidelity');
const reference = JSON.parse(readFileSync(resolve(fixtures, 'reference.json'), 'utf8')) as Reference;
const modelPath = resolve(import.meta.dirname, '../models', reference.model);

/** The paper's definition, computed without a cache in float64, against a cache with real eviction in float32. */
const MOST_DIFFERENCE = 1e-3;
/** What an engine that forgets to evict is off by, at least. */
const LEAST_NEGATIVE = 0.5;

function rowsOf(file: string): Float32Array {
  const bytes = readFileSync(resolve(fixtures, file));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** The sampled tokens of a sequence, each with the position whose logits it is chosen from. */
function forcedTokens(sequence: Sequence): { readonly token: number; readonly from: number }[] {
  const forced: { token: number; from: number }[] = [];
  let from = sequence.prompt.length - 1;
  for (const thought of sequence.thoughts) {
    for (const token of thought) forced.push({ token, from: from++ });
    from += reference.gists.length + 1;
  }
  for (const token of sequence.answer) forced.push({ token, from: from++ });
  return forced;
}

function largest(rows: readonly Float64Array[], expected: Float32Array): number {
  let most = 0;
  rows.forEach((row, index) => {
    row.forEach((value, token) => {
      const difference = Math.abs(value - (expected[index * reference.vocabulary + token] ?? NaN));
      if (!(difference <= most)) most = difference;
    });
  });
  return most;
}

describe.runIf(existsSync(modelPath))('the engine computes what LightThinker is defined to be', () => {
  let card: LaneCard;
  const rows: Float64Array[][] = reference.sequences.map(() => []);
  let mostTogether = 0;

  beforeAll(async () => {
    const opened = await openLaneCard({
      modelPath,
      modelName: 'nano',
      device: 'cpu',
      threads: 1,
      kvType: 'f32',
      flashAttention: false,
      prefillChunk: 32,
      lanes: [{ slots: reference.sequences.length, cells: 1024 }],
    });
    if (!opened.ok) throw new Error(`${opened.refused.path}: ${opened.refused.reason}`);
    card = opened.card;
    reference.sequences.forEach((sequence, index) => {
      const forced = forcedTokens(sequence);
      const recorded = new Set(sequence.recorded.map((entry) => entry.position));
      let next = 0;
      const refusal = card.admitPrompt(
        {
          jobId: `sequence-${String(index)}`,
          lane: 0,
          messages: [],
          limits: { max_tokens: forced.length, max_thoughts: 64, max_thought_tokens: 256 },
          sampling: { ...Sampling.parse({}), seed: 0 },
          reservedCells: 1024,
        },
        sequence.prompt,
        async (logProbabilities) => {
          const step = forced[next++];
          if (step === undefined)
            throw new Error(`sequence ${String(index)} went on beyond its ${String(forced.length)} tokens`);
          if (recorded.has(step.from)) rows[index]?.push(await logProbabilities());
          return step.token;
        },
      );
      expect(refusal).toBeUndefined();
    });
    while (card.sessions() > 0) {
      mostTogether = Math.max(mostTogether, card.sessions());
      await card.step();
    }
  });

  afterAll(async () => {
    expect(card.check()).toEqual([]);
    await card.dispose();
  });

  it('with four sessions side by side and at least 20 compressions each', () => {
    expect(mostTogether).toBe(4);
    expect(
      Math.min(...reference.sequences.map((sequence) => sequence.thoughts.length)),
    ).toBeGreaterThanOrEqual(20);
    expect(card.totals().compressions).toBe(
      reference.sequences.reduce((sum, sequence) => sum + sequence.thoughts.length, 0),
    );
    expect(rows.map((row) => row.length)).toEqual(
      reference.sequences.map((sequence) => sequence.recorded.length),
    );
  });

  it(`every log-probability is within ${String(MOST_DIFFERENCE)} of the full-attention reference`, () => {
    const difference = largest(rows.flat(), rowsOf('reference.f32'));
    expect(difference).toBeLessThanOrEqual(MOST_DIFFERENCE);
  });

  it(`and more than ${String(LEAST_NEGATIVE)} away from a model that still sees its old thoughts`, () => {
    expect(largest(rows.flat(), rowsOf('negative.f32'))).toBeGreaterThan(LEAST_NEGATIVE);
  });
});
