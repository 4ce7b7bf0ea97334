import type {
  FleetView,
  JobCourse,
  JobState,
  JobView,
  TraceHeader,
  TraceJob,
  TracePool,
  Usage,
} from '@gistpool/contracts';
import { handOverMs, type Span } from './hand-over';
import { fitStepTime, type FittedRun } from './step-time-fit';

export interface MadeTrace {
  readonly header: TraceHeader;
  /** In the order in which they were submitted. */
  readonly jobs: readonly TraceJob[];
  /** Jobs that are not in it, by why. */
  readonly leftOut: ReadonlyMap<string, number>;
}

type Model = FleetView['models'][number];
type Recorded = JobView & { course: JobCourse; usage: Usage; finished_at_ms: number };

export interface NoTrace {
  readonly ok: false;
  readonly problem: string;
  /** No job of this model can be told in a trace; else there are none yet. */
  readonly isUnfit: boolean;
}

/** What a pool tells of jobs that ended -> a trace of them. `jobs` are of one model, in any order. */
export function traceOf(
  name: string,
  model: Model,
  fleet: FleetView,
  jobs: readonly JobView[],
): { readonly ok: true; readonly trace: MadeTrace } | NoTrace {
  const method = methodOf(model);
  if (!method) return { ok: false, isUnfit: true, problem: cannotTell(model) };
  const leftOut = new Map<string, number>();
  const recorded = jobs.filter((job): job is Recorded => {
    const why = reasonToLeaveOut(job);
    if (why !== undefined) leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
    return why === undefined;
  });
  recorded.sort((a, b) => a.created_at_ms - b.created_at_ms || (a.id < b.id ? -1 : 1));
  const [first] = recorded;
  if (!first) return { ok: false, isUnfit: false, problem: nothingToRecord(model.name, leftOut) };
  const beganAtMs = Math.min(...recorded.map(({ created_at_ms: atMs }) => atMs));
  const limits = commonest(recorded.map((job) => job.limits));
  const lines = recorded.map((job) => lineOf(job, beganAtMs, limits));
  const pool = poolOf(model, fleet, lines);
  const header: TraceHeader = {
    gistpool_trace: 1,
    name,
    model: model.name,
    ...method,
    kv_bytes_per_cell: model.kv_bytes_per_cell,
    gist_count: model.gist_count,
    limits,
    ...(pool && { pool }),
  };
  return { ok: true, trace: { header, jobs: lines, leftOut } };
}

function methodOf({ method, policy }: Model): Pick<TraceHeader, 'policy' | 'every_tokens'> | undefined {
  if (method === 'vanilla') return { policy: 'vanilla' };
  if (method === 'lightthinker' && (policy.lag_thoughts ?? 0) === 0) {
    return {
      policy: 'lightthinker',
      ...(policy.every_tokens === undefined ? {} : { every_tokens: policy.every_tokens }),
    };
  }
  return undefined;
}

function cannotTell({ name, method }: Model): string {
  const how = method === 'lightthinker' ? 'keeps its last thoughts (lag)' : `runs as ${method}`;
  return `${name} ${how}; a trace can only tell of lightthinker without a lag, and of vanilla (docs/simulator.md)`;
}

/** Contracts' `isTerminal`, without its schemas: a browser loads this. */
const ENDED: readonly JobState[] = ['completed', 'failed', 'cancelled', 'expired'];

function reasonToLeaveOut({
  state,
  course,
  usage,
  finished_at_ms: finishedAtMs,
}: JobView): string | undefined {
  if (!ENDED.includes(state)) return 'not ended';
  if (state === 'failed') return 'failed';
  if (state === 'cancelled' && !course) return 'cancelled before anything was decoded';
  return course && usage && finishedAtMs !== undefined ? undefined : 'ended before courses were kept';
}

function nothingToRecord(model: string, leftOut: ReadonlyMap<string, number>): string {
  const found = [...leftOut].map(([why, count]) => `${count} ${why}`).join(', ');
  return (
    `there is nothing to record: no job of ${model} that was asked for has ended with its course` +
    (found === '' ? '' : ` (${found})`)
  );
}

function lineOf(job: Recorded, beganAtMs: number, common: TraceHeader['limits']): TraceJob {
  const { course, usage, limits, task = '' } = job;
  const endedMs = job.finished_at_ms - beganAtMs;
  return {
    arrival_ms: job.created_at_ms - beganAtMs,
    prompt_tokens: usage.prompt_tokens,
    thought_tokens: course.thought_tokens,
    answer_tokens: course.tail_tokens,
    tenant: job.tenant,
    priority: job.priority,
    task,
    ...(keyOf(limits) === keyOf(common) ? {} : { limits }),
    ...(job.state === 'cancelled' && { cancelled: true as const }),
    ...(job.card !== undefined && {
      measured: {
        started_ms: Math.max(0, endedMs - usage.run_ms),
        ended_ms: endedMs,
        peak_cells: usage.peak_cells,
        card: job.card,
        resumes: usage.resumes,
        overflows: usage.overflows,
      },
    }),
  };
}

/** Undefined when no card serves the model now: what its lanes were is not known. */
function poolOf(model: Model, fleet: FleetView, jobs: readonly TraceJob[]): TracePool | undefined {
  const cards = fleet.cards.filter((card) => card.model === model.name);
  const [first] = cards;
  const runs = jobs.flatMap((job) => (job.measured ? [runOf(job, job.measured)] : []));
  if (!first || runs.length === 0) return undefined;
  return {
    cards: cards.map(({ card, lanes }) => ({ card, lanes: lanesOf(lanes) })),
    kv_budget_bytes: first.kv_budget_bytes,
    admission: fleet.scheduler.admission ?? 'bound',
    eps: fleet.scheduler.eps ?? 0.01,
    step_time: fitStepTime(runs, model.gist_count + 1),
    hand_over_ms: handOverMs(jobs.flatMap((job) => spanOf(job) ?? [])),
  };
}

const runOf = (job: TraceJob, measured: NonNullable<TraceJob['measured']>): FittedRun => ({
  card: measured.card,
  startedMs: measured.started_ms,
  endedMs: measured.ended_ms,
  promptTokens: job.prompt_tokens,
  thoughtTokens: job.thought_tokens,
  tailTokens: job.answer_tokens,
});

const spanOf = ({ arrival_ms, measured }: TraceJob): Span | undefined =>
  measured && {
    card: measured.card,
    arrivedMs: arrival_ms,
    startedMs: measured.started_ms,
    endedMs: measured.ended_ms,
  };

/** Equal lanes in a row are told once. */
function lanesOf(lanes: FleetView['cards'][number]['lanes']): TracePool['cards'][number]['lanes'] {
  const told: TracePool['cards'][number]['lanes'] = [];
  for (const lane of lanes) {
    const shared = lane.shared_cells !== undefined;
    const [slots, cells] = [lane.slots.length, lane.shared_cells ?? lane.cells_per_slot];
    const last = told.at(-1);
    if (last?.slots === slots && last.cells === cells && last.shared === shared) last.lanes += 1;
    else told.push({ lanes: 1, slots, cells, shared });
  }
  return told;
}

const keyOf = ({ max_tokens, max_thoughts, max_thought_tokens }: TraceHeader['limits']): string =>
  [max_tokens, max_thoughts, max_thought_tokens].join(' ');

function commonest(all: readonly TraceHeader['limits'][]): TraceHeader['limits'] {
  const counts = new Map<string, { readonly limits: TraceHeader['limits']; count: number }>();
  for (const limits of all) {
    const seen = counts.get(keyOf(limits)) ?? { limits, count: 0 };
    counts.set(keyOf(limits), seen);
    seen.count += 1;
  }
  const [most] = [...counts.values()].sort((a, b) => b.count - a.count);
  if (!most) throw new Error('no job has limits');
  return most.limits;
}
