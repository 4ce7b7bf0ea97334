import type { JobRequestInput, ModelInfo } from '@gistpool/contracts';
import type { Puzzle } from '../puzzles/puzzle';

/** `bare`: the question alone. `paper`: as the LightThinker paper asked its models. */
export const PROMPTS = ['bare', 'paper'] as const;
export type PromptStyle = (typeof PROMPTS)[number];

/** A narrower model is a demonstration that was trained on bare questions; the word for it is the same as in the engine's default limits. */
const SMALL_WIDTH = 1024;

export const defaultPrompt = ({ width }: Pick<ModelInfo, 'width'>): PromptStyle =>
  width === undefined || width < SMALL_WIDTH ? 'bare' : 'paper';

/** The system message of Bespoke-Stratos-17k (Apache-2.0), word for word, slips included: the published checkpoints were trained under it. */
const SYSTEM =
  'Your role as an assistant involves thoroughly exploring questions through a systematic long thinking process before providing the final precise and accurate solutions. ' +
  'This requires engaging in a comprehensive cycle of analysis, summarizing, exploration, reassessment, reflection, backtracing, and iteration to develop well-considered thinking process. ' +
  'Please structure your response into two main sections: Thought and Solution. ' +
  'In the Thought section, detail your reasoning process using the specified format: ' +
  "<|begin_of_thought|> {thought with steps separated with '\\n\\n'} <|end_of_thought|> " +
  'Each step should include detailed considerations such as analisying questions, summarizing relevant findings, brainstorming new ideas, verifying the accuracy of the current steps, refining any errors, and revisiting previous steps. ' +
  'In the Solution section, based on various attempts, explorations, and reflections from the Thought section, systematically present the final solution that you deem correct. ' +
  'The solution should remain a logical, accurate, concise expression style and detail necessary step needed to reach the conclusion, formatted as follows: ' +
  '<|begin_of_solution|> {final formatted, precise, and clear solution} <|end_of_solution|> ' +
  'Now, try to solve the following question through the above guidelines:';

/** Before every question of all four data sets. */
const ASK_FOR_BOX = 'Return your final response within \\boxed{}. ';

export function promptOf(
  { input }: Puzzle,
  style: PromptStyle,
): Pick<JobRequestInput, 'prompt'> | Pick<JobRequestInput, 'messages'> {
  if (style === 'bare') return { prompt: input };
  return {
    messages: [
      { role: 'system', content: SYSTEM },
      { role: 'user', content: ASK_FOR_BOX + input },
    ],
  };
}
