import { createHash } from 'node:crypto';
import { FinishReason, Usage } from '@gistpool/contracts';
import { z } from 'zod';
import { DATA_SETS, type Puzzle } from '../puzzles/puzzle';

/** One line of a run's `results.jsonl`: what became of one sample of one item. Times are Unix milliseconds. */
export const ItemRecord = z.object({
  /** The item's id: names its prompt in the data. */
  id: z.string(),
  /** From 0. */
  sample: z.int().min(0),
  data_set: z.enum(DATA_SETS),
  family: z.string(),
  /** Of question and target: two runs are about the same item when it is the same. */
  fingerprint: z.string(),
  target: z.string(),
  /** In the grader's form; empty when the text states none. */
  answer: z.string(),
  /** As the model gave it. */
  answer_text: z.string(),
  right: z.boolean(),
  /** `refused`: the pool did not take the item, e.g. because it fits no slot. */
  state: z.enum(['completed', 'failed', 'cancelled', 'refused']),
  error: z.string().optional(),
  finish_reason: FinishReason.optional(),
  seed: z.int().optional(),
  job: z.string().optional(),
  placed_at_ms: z.int().optional(),
  finished_at_ms: z.int().optional(),
  usage: Usage.optional(),
  /** Points (sampled tokens, live cells) of the items that were chosen for it. */
  saw_tooth: z.array(z.tuple([z.number(), z.number()])).optional(),
});
export type ItemRecord = z.infer<typeof ItemRecord>;

const digest = (...texts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);

export const fingerprintOf = ({ input, target }: Pick<Puzzle, 'input' | 'target'>): string =>
  digest(input, target);

/** Of the whole list: another item, target or number of items gives another one; their order does not matter. */
export const fingerprintOfAll = (puzzles: readonly Puzzle[]): string =>
  digest(...puzzles.map((puzzle) => `${puzzle.id} ${fingerprintOf(puzzle)}`).sort());
