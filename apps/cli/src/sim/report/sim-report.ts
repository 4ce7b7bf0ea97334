import type { Outcome, TraceOutcome } from '@gistpool/sim';
import { escaped, htmlTable, short } from '../../eval/report/html';
import { path, plot } from '../../eval/report/plot';
import { STYLE } from '../../eval/report/style';
import { verdictOf } from '../sim-text';

const WIDE = { width: 900, height: 260 };
const COLORS: Readonly<Record<string, string>> = {
  gistpool: '--lightthinker',
  oracle: '--token',
  ideal: '--token',
};
const DASHES = ['', '7 4', '2 3', '10 3 2 3'];

export interface SimSettingsShown {
  readonly seed: number;
  readonly jobs: number;
  readonly cards: number;
  readonly kvBudgetMib: number;
}

/** One page that needs nothing else: of every trace goodput, overflows, waiting, and cells over time per card. */
export function simReport(traces: readonly TraceOutcome[], settings: SimSettingsShown): string {
  const { seed, jobs, cards, kvBudgetMib } = settings;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>gistpool sim</title><style>${STYLE}${BARS}</style></head><body>`,
    '<h1>Packing policies, simulated</h1>',
    `<p class="faint">${jobs} jobs a made trace, ${cards} cards with ${kvBudgetMib} MiB of KV each, seed ${seed}. Rates are of the time until no job waited, or of the whole run if none ever did.</p>`,
    verdicts(traces),
    ...traces.map(traceSection),
    '</body></html>',
    '',
  ].join('\n');
}

const BARS = `
.bars { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr max-content; gap: 3px 10px; align-items: center; font-size: .9rem; }
.bars i { display: block; height: 12px; border-radius: 3px; background: var(--c); min-width: 1px; }
.bars span:nth-child(3n) { text-align: right; font-variant-numeric: tabular-nums; }
`;

const percent = (share: number, digits = 1): string =>
  Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : '-';

function verdicts(traces: readonly TraceOutcome[]): string {
  const rows = traces.flatMap((one) => verdictOf(one) ?? []);
  if (rows.length === 0) return '';
  const text = (title: string) => ({ title, isText: true });
  const numbers = [
    'of the oracle',
    'over the best baseline',
    'over the best with at most 1 % overflow',
    'overflow',
    'misses (allowed)',
  ];
  return htmlTable(
    [text('gistpool on'), ...numbers.map((title) => ({ title }))],
    rows.map((one) => [
      one.trace,
      percent(one.of_oracle),
      { value: `${one.over_best_baseline.toFixed(2)} x`, below: one.best_baseline },
      { value: `${one.over_best_safe_baseline.toFixed(2)} x`, below: one.best_safe_baseline },
      percent(one.overflow_share, 2),
      `${one.misses} (${one.misses_allowed})`,
    ]),
  );
}

function traceSection({ trace, outcomes }: TraceOutcome): string {
  const bars = (title: string, of: (outcome: Outcome) => number, show: (value: number) => string) => {
    const most = Math.max(1e-9, ...outcomes.map(of));
    const rows = outcomes.map((one) => {
      const color = COLORS[one.figures.policy] ?? '--other';
      return (
        `<span>${escaped(one.figures.label)}</span><span style="--c:var(${color})"><i style="width:${((100 * of(one)) / most).toFixed(1)}%"></i></span>` +
        `<span>${escaped(show(of(one)))}</span>`
      );
    });
    return `<figure><b>${escaped(title)}</b><div class="bars">${rows.join('')}</div></figure>`;
  };
  const own = outcomes.find(({ figures }) => figures.policy === 'gistpool') ?? outcomes[0];
  return [
    `<h2>${escaped(trace)}</h2>`,
    '<div class="pair">',
    bars(
      'Goodput, tokens per second',
      ({ figures }) => figures.goodput_tokens_per_s,
      (value) => value.toFixed(0),
    ),
    bars(
      'Jobs that overflowed',
      ({ figures }) => figures.overflow_share,
      (value) => percent(value, 2),
    ),
    bars(
      'Cells in use',
      ({ figures }) => figures.utilisation,
      (value) => percent(value),
    ),
    bars(
      'Waiting, p95 in seconds',
      ({ figures }) => figures.wait_p95_s,
      (value) => value.toFixed(0),
    ),
    '</div>',
    own ? cellsOverTime(own) : '',
    own ? waitingOverTime(outcomes) : '',
  ].join('\n');
}

function cellsOverTime({ figures, samples }: Outcome): string {
  const cards = samples[0]?.cells.length ?? 0;
  const cells = figures.pools.pools * figures.pools.cells;
  const title = `Live cells by card, ${figures.label}: ${figures.pools.pools} pools of ${short(figures.pools.cells)} cells each`;
  const body = plot(
    title,
    WIDE,
    { label: 'seconds', from: 0, to: (samples.at(-1)?.atMs ?? 1) / 1000 },
    { label: 'cells', from: 0, to: cells },
    ({ x, y }) =>
      Array.from({ length: cards }, (_, card) => {
        const points = samples.map(({ atMs, cells: live }): [number, number] => [
          x(atMs / 1000),
          y(live[card] ?? 0),
        ]);
        return `<g style="--c:var(${card === 0 ? '--lightthinker' : '--other'})"><path class="stroke" d="${path(points)}" stroke-dasharray="${DASHES[card % DASHES.length]}"/></g>`;
      }).join(''),
    true,
  );
  return `<figure><b>${escaped(title)}</b><div class="scroll">${body}</div></figure>`;
}

function waitingOverTime(outcomes: readonly Outcome[]): string {
  const last = Math.max(...outcomes.map(({ figures }) => figures.makespan_s));
  const most = Math.max(1, ...outcomes.flatMap(({ samples }) => samples.map(({ waiting }) => waiting)));
  const body = plot(
    'Jobs waiting',
    WIDE,
    { label: 'seconds', from: 0, to: last },
    { label: 'jobs', from: 0, to: most },
    ({ x, y }) =>
      outcomes
        .map(({ figures, samples }) => {
          const color = COLORS[figures.policy] ?? '--other';
          const points = samples.map(({ atMs, waiting }): [number, number] => [x(atMs / 1000), y(waiting)]);
          return `<g style="--c:var(${color})"><path class="stroke" d="${path(points)}"><title>${escaped(figures.label)}</title></path></g>`;
        })
        .join(''),
    true,
  );
  return `<figure><b>Jobs waiting</b><div class="scroll">${body}</div><figcaption>blue gistpool, green oracle, violet all others; point at a line for its name</figcaption></figure>`;
}
