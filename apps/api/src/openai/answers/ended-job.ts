import type { JobResult, Usage } from '@gistpool/contracts';

/** A job that came to its answer, with what an answer in OpenAI's form is made of. */
export interface EndedJob {
  readonly id: string;
  readonly model: string;
  readonly createdAtMs: number;
  readonly result: JobResult;
  readonly usage: Usage;
}

/** Everything that the model said before its answer. */
export const reasoningOf = ({ text, answer }: JobResult): string =>
  text.endsWith(answer) ? text.slice(0, text.length - answer.length) : text;

export const finishReasonOf = ({ finish_reason: reason }: JobResult): 'stop' | 'length' =>
  reason === 'stop' ? 'stop' : 'length';
