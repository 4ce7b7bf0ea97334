import { BUCKETS, bucketOf } from './buckets';
import { coverageOf, levelFor, type Coverage } from './calibration';
import { add, countOf, dense, KIND, SUM, type Counts, type Kind } from './counts';
import { boundOf, groupOf, keptPerThought, PATH_SEPARATOR, type JobFeatures } from './features';
import { lastChange } from './change';
import { Group, move, weighted } from './group';
import type { Forecast } from './horizon';
import { atBucket, sharesOf } from './lengths';
import { Profile, type Distributions } from './profile';
import { Ramp } from './ramp';
import { IMMORTAL, LINDY, quantile, survivalOf } from './survival';

/** A group borrows from its parent as if the parent were so many of its own sessions. */
export const BORROWED_SESSIONS = 24;
/** So many ended sessions, borrowed ones among them, and packing goes by averages. Promises ask for more. */
const KNOWN_SESSIONS = 8;
/** A profile is made anew when so many thoughts and sessions were counted since, or this share of them, or the most. */
const STALE_AFTER = 32;
const STALE_SHARE = 0.05;
const STALE_AT_MOST = 1024;

export interface PredictorOptions {
  /** The promise: P(peak > predicted) <= eps. */
  readonly eps: number;
}

/** Follows one session; plain data, so that another scheduler can go on with it. */
export interface Progress {
  readonly group: string;
  readonly epoch: number;
  readonly promptTokens: number;
  readonly predictedPeakCells: number;
  growthBucket: number;
  thoughts: number;
  hasMissed: boolean;
}

/** What one group, with its borrowing, says. */
export interface Known {
  readonly distributions: Distributions;
  readonly profile: Profile;
  readonly coverage: Coverage;
  /** Sessions of the group itself that have ended; recent ones count more. */
  readonly endedSessions: number;
  /** With those that were borrowed. */
  readonly countedSessions: number;
  /** The share that its promise lets beyond the predicted peak. */
  readonly level: number;
  readonly msPerToken: number | undefined;
  /** The epoch with which such jobs changed last; -Infinity: they did not. */
  readonly changedAt: number;
}

interface Cached extends Known {
  readonly builtAt: number;
}

/** Learns from sessions as they run and end, and says what is to be expected of a job. Pure: time is a number of an epoch. */
export class Predictor {
  private readonly cache = new Map<string, Cached>();
  private counted = 0;
  private running: ReadonlyMap<string, Group> = new Map();

  constructor(
    readonly options: PredictorOptions,
    /** By group path, the most particular only: the others are sums of these. Owned by the predictor. */
    private readonly groups = new Map<string, Group>(),
  ) {}

  /** Cells that the job exceeds with a chance of eps at most; the honest upper bound until enough is known. */
  predictedPeakCells(features: JobFeatures, standing?: { readonly peakCells: number }): number {
    const { distributions, coverage, level } = this.known(features);
    const grown = standing === undefined ? -1 : bucketOf(standing.peakCells - features.promptTokens);
    const growth = quantile(distributions.growth, level, grown);
    const predicted = features.promptTokens + growth * coverage.factor;
    return Math.max(standing?.peakCells ?? 0, Math.ceil(Math.min(boundOf(features), predicted)));
  }

  /** Of the whole trajectory. */
  forecast(features: JobFeatures): Forecast {
    const { distributions, profile, countedSessions } = this.known(features);
    const bound = (promptTokens: number) => boundOf({ ...features, promptTokens });
    if (features.policy.kind === 'lightthinker') {
      return countedSessions < KNOWN_SESSIONS ? new Ramp(bound) : profile;
    }
    const isCold = !Number.isFinite(quantile(distributions.growth, this.options.eps));
    return isCold ? new Ramp(bound) : new Ramp(bound, distributions.growth);
  }

  /** The group's figures; the root's alone where nothing else was seen. */
  known(features: JobFeatures): Known {
    const { path, key } = groupOf(features);
    return this.resolve(path, features, key);
  }

  /** The same for one level of the path. */
  knownAt(path: readonly string[], features: JobFeatures): Known {
    return this.resolve(path, features);
  }

  /** A session of the job begins with this prediction. */
  begin(features: JobFeatures, predictedPeakCells: number, epoch: number): Progress {
    const group = groupOf(features).key;
    const progress: Progress = {
      group,
      epoch,
      promptTokens: features.promptTokens,
      predictedPeakCells,
      growthBucket: 0,
      thoughts: 0,
      hasMissed: false,
    };
    const counts = this.counts(progress);
    add(counts, KIND.runningGrowth, 0);
    add(counts, KIND.runningThoughts, 0);
    add(counts, KIND.sums, SUM.promises);
    return progress;
  }

  /** It has finished a thought of so many sampled tokens; `peakCells` is the most it has held. */
  thought(progress: Progress, thoughtTokens: number, peakCells: number): void {
    const counts = this.counts(progress);
    add(counts, KIND.thoughtTokens, bucketOf(thoughtTokens));
    move(counts, KIND.runningThoughts, bucketOf(progress.thoughts), bucketOf(progress.thoughts + 1));
    progress.thoughts += 1;
    this.grow(counts, progress, peakCells);
  }

  /** As far as it has come, where the lengths of its thoughts are not told: it runs, or was taken out before its end. */
  reach(progress: Progress, thoughts: number, peakCells: number): void {
    const counts = this.counts(progress);
    const most = Math.max(progress.thoughts, thoughts);
    move(counts, KIND.runningThoughts, bucketOf(progress.thoughts), bucketOf(most));
    progress.thoughts = most;
    this.grow(counts, progress, peakCells);
  }

  end(progress: Progress, tailTokens: number, peakCells: number, run?: { ms: number; tokens: number }): void {
    const counts = this.counts(progress);
    this.grow(counts, progress, peakCells);
    add(counts, KIND.runningGrowth, progress.growthBucket, -1);
    add(counts, KIND.endedGrowth, progress.growthBucket);
    add(counts, KIND.runningThoughts, bucketOf(progress.thoughts), -1);
    add(counts, KIND.endedThoughts, bucketOf(progress.thoughts));
    add(counts, KIND.tailTokens, bucketOf(tailTokens));
    add(counts, KIND.sums, SUM.promisedCells, progress.predictedPeakCells);
    add(counts, KIND.sums, SUM.peakCells, peakCells);
    if (!run) return;
    add(counts, KIND.sums, SUM.runMs, Math.round(run.ms));
    add(counts, KIND.sums, SUM.runTokens, run.tokens);
  }

  /**
   * Counts the sessions that `running` follows beside its own, in place of those it was given before. So they can be
   * counted anew from what is at work, and nothing is left of one that was lost. They are no part of `entries`.
   */
  follow(running: Predictor): void {
    this.running = running.groups;
    this.cache.clear();
  }

  /** Adds what another scheduler has counted since it began. */
  merge(other: Predictor): void {
    for (const [path, group] of other.groups) {
      const mine = this.groups.get(path) ?? new Group();
      mine.merge(group);
      this.groups.set(path, mine);
    }
    this.cache.clear();
  }

  /** By path, for storing. */
  entries(): ReadonlyMap<string, Group> {
    return this.groups;
  }

  private counts({ group, epoch }: Progress): Counts {
    this.counted += 1;
    const known = this.groups.get(group);
    if (known) return known.epoch(epoch);
    const made = new Group();
    this.groups.set(group, made);
    return made.epoch(epoch);
  }

  private grow(counts: Counts, progress: Progress, peakCells: number): void {
    const bucket = Math.max(progress.growthBucket, bucketOf(peakCells - progress.promptTokens));
    move(counts, KIND.runningGrowth, progress.growthBucket, bucket);
    progress.growthBucket = bucket;
    if (progress.hasMissed || peakCells <= progress.predictedPeakCells) return;
    progress.hasMissed = true;
    add(counts, KIND.sums, SUM.missed);
  }

  private resolve(path: readonly string[], features: JobFeatures, key = path.join(PATH_SEPARATOR)): Cached {
    const cached = this.cache.get(key);
    const age = this.counted - (cached?.builtAt ?? 0);
    if (cached && age <= Math.max(STALE_AFTER, Math.min(STALE_AT_MOST, STALE_SHARE * cached.builtAt)))
      return cached;
    const built = this.build(path, features);
    this.cache.set(key, built);
    return built;
  }

  /** From the general to the particular: what lies outside the next level is what that level borrows from. */
  private build(path: readonly string[], features: JobFeatures): Cached {
    let distributions = unseen(features);
    let borrowed = 0;
    let ended = 0;
    let counted = 0;
    let changedAt = Number.NEGATIVE_INFINITY;
    let looked = 0;
    path.forEach((_, level) => {
      const key = path.slice(0, level + 1).join(PATH_SEPARATOR);
      const next = level + 1 < path.length ? path.slice(0, level + 2).join(PATH_SEPARATOR) : undefined;
      const all = this.groupsIn(key, undefined);
      // Jobs of one task may change; with the mix of tasks nothing has.
      if (level > 0 && all.length !== looked) {
        changedAt = Math.max(changedAt, lastChange(all));
        looked = all.length;
      }
      const counts = weighted(this.groupsIn(key, next), changedAt);
      // One session more than was seen, of which nothing is known.
      distributions = blend(counts, distributions, Math.min(BORROWED_SESSIONS, borrowed) + 1);
      ended = dense(counts, KIND.endedGrowth).reduce((sum, one) => sum + one, 0);
      counted = ended + Math.min(BORROWED_SESSIONS, borrowed);
      borrowed += ended;
    });
    const all = weighted(this.groupsIn(path.join(PATH_SEPARATOR), undefined), changedAt);
    const runTokens = countOf(all, KIND.sums, SUM.runTokens);
    return {
      distributions,
      profile: new Profile(distributions, keptPerThought(features.policy), counted),
      coverage: coverageOf(all, this.options.eps),
      endedSessions: ended,
      countedSessions: counted,
      level: levelFor(this.options.eps, counted),
      msPerToken:
        runTokens > 0
          ? countOf(all, KIND.sums, SUM.runMs) / runTokens
          : this.parentOf(path, features)?.msPerToken,
      changedAt,
      builtAt: this.counted,
    };
  }

  private parentOf(path: readonly string[], features: JobFeatures): Known | undefined {
    return path.length > 1 ? this.resolve(path.slice(0, -1), features) : undefined;
  }

  /** All below the path, without those below the other. */
  private groupsIn(key: string, without: string | undefined): Group[] {
    const isBelow = (path: string, of: string) => path === of || path.startsWith(of + PATH_SEPARATOR);
    return [...this.groups, ...this.running].flatMap(([path, group]) =>
      isBelow(path, key) && (without === undefined || !isBelow(path, without)) ? [group] : [],
    );
  }
}

/** No peak is high enough to promise, sessions end as Lindy has it, and thoughts are as long as they may be. */
function unseen({ limits }: JobFeatures): Distributions {
  const longest = atBucket(Math.min(BUCKETS - 1, bucketOf(limits.maxThoughtTokens)));
  return { growth: IMMORTAL, thoughts: LINDY, thoughtTokens: longest, tailTokens: longest };
}

function blend(counts: Counts, from: Distributions, strength: number): Distributions {
  const of = (kind: Kind) => dense(counts, kind);
  return {
    growth: survivalOf(of(KIND.runningGrowth), of(KIND.endedGrowth), from.growth, strength),
    thoughts: survivalOf(of(KIND.runningThoughts), of(KIND.endedThoughts), from.thoughts, strength),
    thoughtTokens: sharesOf(of(KIND.thoughtTokens), from.thoughtTokens, strength),
    tailTokens: sharesOf(of(KIND.tailTokens), from.tailTokens, strength),
  };
}
