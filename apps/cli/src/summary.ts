import type { Usage } from '@gistpool/contracts';
import { mean, rounded } from './view/format';

/** What became of one question. */
export interface Outcome {
  readonly isRight: boolean;
  readonly isCompleted: boolean;
  /** Of each completed try. */
  readonly usages: readonly Usage[];
}

/** Figures over the questions of one model. A question whose job failed counts as a wrong answer. */
export interface Summary {
  readonly items: number;
  readonly completed: number;
  readonly failed: number;
  readonly accuracy: number;
  readonly peakCellsMean: number;
  readonly depMean: number;
  readonly generatedTokensMean: number;
  readonly thoughtsMean: number;
  readonly compressionsMean: number;
  readonly runMsMean: number;
  /** What plain decoding of the same texts would have held. */
  readonly vanillaPeakCellsMean: number;
  /** How many times fewer cells at the peak than plain decoding of the same text; 1 where nothing is evicted. */
  readonly compressionRatioMean: number;
}

export const compressionRatio = ({ peak_cells, vanilla_peak_cells }: Usage): number =>
  peak_cells === 0 ? 1 : vanilla_peak_cells / peak_cells;

/** Every question weighs the same, however many tries it had. */
export function summarise(outcomes: readonly Outcome[]): Summary {
  const answered = outcomes.filter(({ usages }) => usages.length > 0);
  const meanOf = (of: (usage: Usage) => number) =>
    rounded(mean(answered.map(({ usages }) => mean(usages.map(of)))), 2);
  const completed = outcomes.filter(({ isCompleted }) => isCompleted).length;
  return {
    items: outcomes.length,
    completed,
    failed: outcomes.length - completed,
    accuracy: rounded(mean(outcomes.map(({ isRight }) => (isRight ? 1 : 0))), 4),
    peakCellsMean: meanOf((usage) => usage.peak_cells),
    depMean: meanOf((usage) => usage.dep),
    generatedTokensMean: meanOf((usage) => usage.generated_tokens),
    thoughtsMean: meanOf((usage) => usage.thoughts),
    compressionsMean: meanOf((usage) => usage.compressions),
    runMsMean: meanOf((usage) => usage.run_ms),
    vanillaPeakCellsMean: meanOf((usage) => usage.vanilla_peak_cells),
    compressionRatioMean: meanOf(compressionRatio),
  };
}
