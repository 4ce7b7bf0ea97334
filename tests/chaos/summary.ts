import type { ChaosReport } from './chaos-runs';
import { FAULTS, type FaultKind } from './fault-plan';

export interface ChaosSummary {
  readonly runs: number;
  readonly jobs: number;
  readonly seconds_mean: number;
  /** Of each kind: how often it was done, found nothing to be done to, or cannot be done on this machine. */
  readonly faults: Readonly<Record<string, { done: number; missed: number; skipped: number }>>;
  readonly skipped_for: readonly string[];
  readonly failed: readonly { readonly seed: number; readonly complaints: readonly string[] }[];
}

export function summaryOf(reports: readonly ChaosReport[]): ChaosSummary {
  const injuries = reports.flatMap((report) => report.injuries);
  const countsOf = (kind: FaultKind) => {
    const own = injuries.filter((injury) => injury.kind === kind).map(({ injury }) => injury);
    const of = (injury: string) => own.filter((one) => one === injury).length;
    return { done: of('done'), missed: of('missed'), skipped: own.length - of('done') - of('missed') };
  };
  const seconds = reports.reduce((sum, report) => sum + report.seconds, 0);
  return {
    runs: reports.length,
    jobs: reports.reduce((sum, report) => sum + report.jobs, 0),
    seconds_mean: Math.round((100 * seconds) / Math.max(1, reports.length)) / 100,
    faults: Object.fromEntries(FAULTS.map((kind) => [kind, countsOf(kind)])),
    skipped_for: [...new Set(injuries.map(({ injury }) => injury).filter((why) => why.startsWith('SKIP')))],
    failed: reports
      .filter(({ complaints }) => complaints.length > 0)
      .map(({ seed, complaints }) => ({ seed, complaints })),
  };
}
