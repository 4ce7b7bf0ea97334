import type { FleetView, JobView } from '@gistpool/contracts';
import {
  arriving,
  asVanilla,
  benchOf,
  keptCells,
  madeHistory,
  madeTraces,
  peakCells,
  resampled,
  simulatePolicy,
  stepTimeOf,
  traceFrom,
  traceOf,
  type Bench,
  type Outcome,
  type Trace,
} from '@gistpool/sim';
import { OWN, WAYS, type Question, type Way } from './question';

/** What this pool tells of itself. */
export interface OwnJobs {
  readonly fleet: FleetView;
  /** Of one model. */
  readonly jobs: readonly JobView[];
}

/** How a way served the jobs, or why it cannot. */
export type WayOutcome = { readonly way: Way } & (
  | { readonly outcome: Outcome; readonly problem?: never }
  | { readonly problem: string; readonly outcome?: never }
);

export interface Told {
  /** The way that is at work, and how far all is, from 0 to 1. */
  readonly way: string;
  readonly share: number;
}

const SEED = 20_261;
const AGEING_MS = 600_000;
/** Variants of the oracle. */
const ORACLES = 5;

/** Way by way: each outcome as soon as it is there. Throws when the trace cannot be made. */
export function* whatIf(
  question: Question,
  own: OwnJobs | undefined,
  tell: (told: Told) => void,
): Generator<WayOutcome> {
  const ways = WAYS.filter(({ id }) => question.ways.includes(id));
  const compressing = tracesOf(question, own);
  const progress = new Progress(ways, tell);
  const benches = new Map<boolean, Bench>();
  for (const way of ways) {
    const isVanilla = 'isVanilla' in way;
    const traces = isVanilla ? compressing.map(asVanilla) : compressing;
    const [trace, history] = traces;
    if (!trace || !history) return;
    progress.begin(way, trace.jobs.length, history.jobs.length);
    const problem = tooNarrow(trace, question);
    if (problem !== undefined) {
      yield { way, problem };
      continue;
    }
    const bench = benches.get(isVanilla) ?? benchFor(trace, history, question, () => progress.ended());
    benches.set(isVanilla, bench);
    yield outcomeOf(way, bench);
  }
}

/** Counts the jobs that have ended in the way that is at work. */
class Progress {
  private at = -1;
  private done = 0;
  private expected = 1;
  private hasLearnt = false;

  constructor(
    private readonly ways: readonly Way[],
    private readonly tell: (told: Told) => void,
  ) {}

  begin(way: Way, jobs: number, history: number): void {
    // A margin is learnt once, by running the history; an oracle is the best of several.
    const learns = way.policy === 'gistpool' || way.policy === 'oracle';
    this.expected =
      jobs * (way.policy === 'oracle' ? ORACLES : 1) + (learns && !this.hasLearnt ? history : 0);
    this.hasLearnt ||= learns;
    this.at += 1;
    this.done = 0;
    this.say();
  }

  ended(): void {
    this.done += 1;
    this.say();
  }

  private say(): void {
    const share = (this.at + Math.min(1, this.done / this.expected)) / this.ways.length;
    this.tell({ way: this.ways[this.at]?.name ?? '', share });
  }
}

function outcomeOf(way: Way, bench: Bench): WayOutcome {
  try {
    return { way, outcome: simulatePolicy(bench, way.policy) };
  } catch (error) {
    // The planner says why it finds no lanes.
    return { way, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The jobs to come, and those from which the pool has learnt. */
function tracesOf(question: Question, own: OwnJobs | undefined): readonly [Trace, Trace] {
  const perSecond = question.arrivals === 0 ? undefined : question.arrivals;
  if (question.trace.startsWith(OWN)) {
    const past = ownTrace(question.trace.slice(OWN.length), own);
    return [arriving(resampled(past, question.jobs, SEED), perSecond, SEED), past];
  }
  const make = madeTraces().get(question.trace);
  if (!make) throw new Error(`there is no trace ${question.trace}`);
  return [arriving(make(question.jobs, SEED), perSecond, SEED), madeHistory(make, SEED)];
}

function ownTrace(name: string, own: OwnJobs | undefined): Trace {
  const model = own?.fleet.models.find((one) => one.name === name);
  if (!own || !model) throw new Error(`This pool does not know the model ${name}.`);
  const told = traceOf('this pool', model, own.fleet, own.jobs);
  if (!told.ok) throw new Error(told.problem);
  return traceFrom(told.trace.header, told.trace.jobs);
}

function benchFor(trace: Trace, history: Trace, question: Question, ended: () => void): Bench {
  const { cards, eps, kvMib } = question;
  const measured = trace.pool && stepTimeOf(trace.pool.step_time);
  // Too few jobs, or all alike: nothing was found that takes time.
  const time = measured && measured.passMs + measured.sessionMs > 0 ? measured : undefined;
  const options = { cards, eps, kvBudgetMib: kvMib, ageingMs: AGEING_MS };
  return benchOf(trace, history, options, { ended, ...(time && { time }) });
}

/** Some job holds more than a card has: it would wait for ever. */
function tooNarrow(trace: Trace, { kvMib }: Question): string | undefined {
  const cells = Math.floor((kvMib * 2 ** 20) / trace.kvBytesPerCell);
  const kept = trace.method?.kind === 'vanilla' ? 0 : keptCells(trace);
  const widest = trace.jobs.reduce(
    (most, job) => Math.max(most, peakCells(job.promptTokens, job.course(), kept)),
    0,
  );
  if (widest + kept < cells) return undefined;
  return `the widest of these jobs holds ${widest.toLocaleString('en-US')} cells, a card ${cells.toLocaleString('en-US')}`;
}
