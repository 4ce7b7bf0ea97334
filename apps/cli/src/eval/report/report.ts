import type { Comparison } from '../comparison';
import type { Run } from '../run-line';
export const reportHtml = (runs: readonly Run[], comparison: Comparison | undefined): string =>
  `${runs.length} ${String(comparison)}`;
