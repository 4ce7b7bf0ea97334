import type { PolicyFigures, TraceOutcome } from '@gistpool/sim';
import { table } from '../view/table';

/** What must hold of a trace, and whether it does. */
export interface Verdict {
  readonly trace: string;
  readonly of_oracle: number;
  readonly of_ideal: number;
  readonly best_baseline: string;
  /** Of all, whatever they throw out. */
  readonly over_best_baseline: number;
  /** Of those baselines that overflow at most 1 % of jobs themselves: only they keep the same promise. */
  readonly best_safe_baseline: string;
  readonly over_best_safe_baseline: number;
  readonly overflow_share: number;
  readonly misses: number;
  readonly misses_allowed: number;
  readonly is_met: boolean;
}

/** Told the future, or on memory in pages, which the engine does not have: shown beside, not measured against. */
const NOT_BASELINES = ['gistpool', 'oracle', 'ideal', 'aggressive-paged', 'past-future-peaks-paged'];
export const OF_ORACLE = 0.96;
export const MOST_OVERFLOW = 0.01;

export function verdictOf({ trace, outcomes }: TraceOutcome): Verdict | undefined {
  const by = new Map(outcomes.map(({ figures }) => [figures.policy, figures]));
  const own = by.get('gistpool');
  const oracle = by.get('oracle');
  if (!own || !oracle) return undefined;
  const baselines = [...by.values()].filter(({ policy }) => !NOT_BASELINES.includes(policy));
  const best = fastest(baselines);
  const safe = fastest(baselines.filter((one) => one.overflow_share <= MOST_OVERFLOW));
  const coverage = own.coverage?.after_drift ?? own.coverage;
  const misses = coverage ? coverage.jobs - coverage.kept : 0;
  const allowed = coverage?.misses_allowed ?? 0;
  const ofOracle = own.goodput_tokens_per_s / oracle.goodput_tokens_per_s;
  const over = best ? own.goodput_tokens_per_s / best.goodput_tokens_per_s : Number.NaN;
  const overSafe = safe ? own.goodput_tokens_per_s / safe.goodput_tokens_per_s : Number.NaN;
  return {
    trace,
    of_oracle: ofOracle,
    of_ideal: own.goodput_tokens_per_s / (by.get('ideal')?.goodput_tokens_per_s ?? Number.NaN),
    best_baseline: best?.policy ?? '',
    over_best_baseline: over,
    best_safe_baseline: safe?.policy ?? '',
    over_best_safe_baseline: overSafe,
    overflow_share: own.overflow_share,
    misses,
    misses_allowed: allowed,
    is_met:
      ofOracle >= OF_ORACLE && !(overSafe <= 1) && own.overflow_share <= MOST_OVERFLOW && misses <= allowed,
  };
}

const fastest = (among: readonly PolicyFigures[]): PolicyFigures | undefined =>
  among.reduce<PolicyFigures | undefined>(
    (most, one) => (most && most.goodput_tokens_per_s >= one.goodput_tokens_per_s ? most : one),
    undefined,
  );

const percent = (share: number) => (Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '-');

export function simText(traces: readonly TraceOutcome[]): string {
  const parts = traces.map(({ trace, outcomes }) => {
    const rows = outcomes.map(({ figures: one }) => [
      one.label,
      one.goodput_tokens_per_s.toFixed(0),
      one.sessions_per_card.toFixed(1),
      percent(one.utilisation),
      `${(100 * one.overflow_share).toFixed(2)} %`,
      one.coverage ? percent(one.coverage.share) : '-',
      one.wait_p95_s.toFixed(0),
      one.makespan_s.toFixed(0),
    ]);
    const head = [
      trace,
      'tokens/s',
      'sessions a card',
      'cells in use',
      'overflow',
      'coverage',
      'wait p95 s',
      'makespan s',
    ];
    return table(head, rows);
  });
  const verdicts = traces.flatMap((one) => verdictOf(one) ?? []);
  if (verdicts.length > 0) {
    parts.push(
      table(
        [
          'gistpool on',
          'of the oracle',
          'of ideal paging',
          'over the best baseline',
          'over the best with <= 1 % overflow',
          'overflow',
          'misses (allowed)',
          '',
        ],
        verdicts.map((one) => [
          one.trace,
          percent(one.of_oracle),
          percent(one.of_ideal),
          `${one.over_best_baseline.toFixed(3)} x ${one.best_baseline}`,
          `${one.over_best_safe_baseline.toFixed(3)} x ${one.best_safe_baseline}`,
          `${(100 * one.overflow_share).toFixed(2)} %`,
          `${one.misses} (${one.misses_allowed})`,
          one.is_met ? 'met' : 'not met',
        ]),
      ),
    );
  }
  return `${parts.join('\n')}`;
}
