import { z } from 'zod';

/** The data sets of the LightThinker paper, and JSON lines of one's own. */
export const DATA_SETS = ['bbh', 'gsm8k', 'mmlu', 'gpqa', 'own'] as const;
export type DataSet = (typeof DATA_SETS)[number];

/** A question with the answer that counts as right. */
export interface Puzzle {
  /** Unlike that of any other puzzle read with it. */
  readonly id: string;
  readonly family: string;
  readonly dataSet: DataSet;
  readonly input: string;
  readonly target: string;
  /** Texts of the options A, B, C, … that the question offers. */
  readonly choices?: readonly string[];
}

const LONGEST_ID = 200;

/** Our own JSON lines. */
export const PuzzleLine = z.object({
  id: z.coerce.string().min(1).max(LONGEST_ID).optional(),
  family: z.string().min(1).optional(),
  input: z.string().min(1),
  target: z.coerce.string().refine((text) => text.trim() !== '', 'the target is empty'),
});
