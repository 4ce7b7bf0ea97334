import type { SessionLimits } from '@gistpool/core';
import { seededRandom } from './seeded-random';
import type { Course, SimJob, Trace } from './sim-job';

/** Data sets of the paper (table 2, Qwen2.5-7B): compressions an item, and the peak of plain decoding. */
const SETS = {
  gsm8k: { thoughts: 20, vanillaPeak: 2086 },
  mmlu: { thoughts: 37, vanillaPeak: 3417 },
  gpqa: { thoughts: 115, vanillaPeak: 8055 },
  bbh: { thoughts: 48, vanillaPeak: 3786 },
} as const;
export type DataSet = keyof typeof SETS;
export const DATA_SETS = Object.keys(SETS) as DataSet[];

/** KV bytes of a cell in f16 and number of gists; Llama's texts are shorter by the ratio of the vanilla peaks. */
const MODELS = {
  'qwen2.5-7b': { kvBytesPerCell: 57_344, gistCount: 9, length: 1 },
  'llama3.1-8b': { kvBytesPerCell: 131_072, gistCount: 7, length: 3571 / 4336 },
} as const;
export type PaperModel = keyof typeof MODELS;
export const PAPER_MODELS = Object.keys(MODELS) as PaperModel[];

const LIMITS: SessionLimits = { maxTokens: 10_240, maxThoughts: 640, maxThoughtTokens: 2_048 };
/** Spread of the logarithm of a thought's length, and of the number of thoughts. */
const LENGTH_SIGMA = 0.9;
const COUNT_SIGMA = 0.6;

/** What one job is drawn from. */
interface Kind {
  readonly task: string;
  readonly tenant?: string;
  readonly priority?: number;
  readonly meanThoughts: number;
  readonly meanThoughtTokens: number;
  readonly countSigma?: number;
}

export interface TraceOptions {
  readonly jobs: number;
  readonly seed: number;
  readonly model: PaperModel;
  /** Jobs per second; left out: all are there from the begin. */
  readonly arrivalsPerSecond?: number;
}

export function paperTrace(set: DataSet, options: TraceOptions): Trace {
  const kind = paperKind(set, options.model);
  return trace(`${set} ${options.model}`, options, () => kind);
}

const paperKind = (set: DataSet, model: PaperModel): Kind => {
  const { thoughts, vanillaPeak } = SETS[set];
  const tokens = (vanillaPeak - 200) * MODELS[model].length;
  return { task: set, meanThoughts: thoughts, meanThoughtTokens: tokens / (thoughts + 1) };
};

export const ADVERSARIAL = ['bimodal', 'drift', 'all-wide', 'tenants'] as const;
export type Adversarial = (typeof ADVERSARIAL)[number];

export function adversarialTrace(name: Adversarial, options: TraceOptions): Trace {
  const { jobs } = options;
  switch (name) {
    case 'bimodal': {
      // One task, so that nothing tells the two apart beforehand.
      const [narrow, wide] = [8, 260].map((meanThoughts) => ({
        task: 'mixed',
        meanThoughts,
        meanThoughtTokens: 70,
        countSigma: 0.2,
      })) as [Kind, Kind];
      return trace(name, options, (_, draw) => (draw() < 0.85 ? narrow : wide));
    }
    case 'drift': {
      const [before, after] = [paperKind('gsm8k', options.model), paperKind('gpqa', options.model)].map(
        (kind) => ({ ...kind, task: 'drifting' }),
      ) as [Kind, Kind];
      const driftsAt = Math.floor(jobs / 3);
      return { ...trace(name, options, (index) => (index < driftsAt ? before : after)), driftsAt };
    }
    case 'all-wide':
      return trace(name, options, () => ({
        task: 'wide',
        meanThoughts: 300,
        meanThoughtTokens: 30,
        countSigma: 0.25,
      }));
    case 'tenants': {
      const kind = paperKind('bbh', options.model);
      // Heavy has half of all jobs; nine light tenants share the rest.
      return trace(name, options, (index) => ({
        ...kind,
        tenant: index % 2 === 0 ? 'heavy' : `light-${((index - 1) / 2) % 9}`,
      }));
    }
  }
}

function trace(
  name: string,
  { jobs, seed, model, arrivalsPerSecond }: TraceOptions,
  kindOf: (index: number, draw: () => number) => Kind,
): Trace {
  const { kvBytesPerCell, gistCount } = MODELS[model];
  const random = seededRandom(seed);
  let atMs = 0;
  const made = Array.from({ length: jobs }, (_, index): SimJob => {
    if (arrivalsPerSecond !== undefined) atMs += (-1000 * Math.log(1 - random())) / arrivalsPerSecond;
    const kind = kindOf(index, random);
    const courseSeed = Math.floor(random() * 2 ** 32);
    return {
      jobId: String(index),
      tenant: kind.tenant ?? 'default',
      priority: kind.priority ?? 0,
      task: kind.task,
      createdAtMs: atMs,
      promptTokens: 150 + Math.floor(random() * 101),
      course: () => courseOf(kind, courseSeed),
    };
  });
  return { name, model, kvBytesPerCell, gistCount, limits: LIMITS, jobs: made };
}

/** Cut, like a real session, by the limits. */
function courseOf(kind: Kind, seed: number): Course {
  const random = seededRandom(seed);
  const wanted = Math.max(
    1,
    Math.round(logNormal(random, kind.meanThoughts, kind.countSigma ?? COUNT_SIGMA)),
  );
  const lengths = new Uint16Array(Math.min(wanted, LIMITS.maxThoughts));
  let left = LIMITS.maxTokens - 1;
  let count = 0;
  while (count < lengths.length && left > 2) {
    const drawn = Math.round(logNormal(random, kind.meanThoughtTokens, LENGTH_SIGMA));
    const length = Math.min(LIMITS.maxThoughtTokens, left, Math.max(2, drawn));
    lengths[count] = length;
    left -= length;
    count += 1;
  }
  const tail = Math.round(logNormal(random, kind.meanThoughtTokens, LENGTH_SIGMA));
  return {
    thoughtTokens: lengths.subarray(0, count),
    tailTokens: Math.max(1, Math.min(left + 1, LIMITS.maxThoughtTokens, tail)),
  };
}

/** With the given mean; `sigma` is that of the logarithm (Box and Muller). */
function logNormal(random: () => number, mean: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return mean * Math.exp(sigma * normal - (sigma * sigma) / 2);
}
