import type { Usage } from '@gistpool/contracts';
import type { Attempt } from './run-puzzles';
import { mean, rounded } from './view/format';

/** Figures over the puzzles of one model. A puzzle whose job failed counts as a wrong answer. */
export interface Summary {
  readonly items: number;
  readonly completed: number;
  readonly failed: number;
  readonly accuracy: number;
  readonly peakCellsMean: number;
  readonly depMean: number;
  readonly generatedTokensMean: number;
  readonly thoughtsMean: number;
}

export function summarise(attempts: readonly Attempt[]): Summary {
  const usages = attempts.flatMap(({ job }) => (job.state === 'completed' && job.usage ? [job.usage] : []));
  const meanOf = (of: (usage: Usage) => number) => rounded(mean(usages.map(of)), 2);
  const completed = attempts.filter(({ job }) => job.state === 'completed').length;
  return {
    items: attempts.length,
    completed,
    failed: attempts.length - completed,
    accuracy: rounded(mean(attempts.map((attempt) => (attempt.isRight ? 1 : 0))), 4),
    peakCellsMean: meanOf((usage) => usage.peak_cells),
    depMean: meanOf((usage) => usage.dep),
    generatedTokensMean: meanOf((usage) => usage.generated_tokens),
    thoughtsMean: meanOf((usage) => usage.thoughts),
  };
}
