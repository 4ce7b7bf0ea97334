import type { JobRequestInput } from '@gistpool/contracts';
import { readGgufFileInfo } from 'node-llama-cpp';
import { MODEL } from '../support/gistpool';
import { QUESTION } from '../support/running-pool';
import { unendingBias } from '../support/unending';
import { CATALOGUE_JOBS } from './fault-plan';

const SPLITTER = '<|splitter|>';
const TOKENS = 220;

/**
 * Jobs that look alike to the scheduler, of one task and with the same limits, while every third thinks one long thought
 * where others think many short ones: it outgrows what was predicted, and is moved, parked or handed back.
 */
export async function catalogue(): Promise<JobRequestInput[]> {
  const unending = await unendingBias();
  const { metadata } = await readGgufFileInfo(MODEL, { logWarnings: false });
  const splitter = String((metadata.tokenizer.ggml.tokens ?? []).indexOf(SPLITTER));
  return Array.from({ length: CATALOGUE_JOBS }, (_, seed) => ({
    prompt: QUESTION,
    task: 'chaos',
    limits: { max_tokens: TOKENS, max_thought_tokens: 200, max_thoughts: 60 },
    sampling: {
      temperature: seed % 4 === 0 ? 0 : 1,
      seed,
      logit_bias: { ...unending, [splitter]: seed % 3 === 0 ? -100 : 6 },
    },
  }));
}
