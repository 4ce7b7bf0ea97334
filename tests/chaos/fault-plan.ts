import { seededRandom } from '@gistpool/sim';

/** What can be done to a pool. Each is healed before the run ends. */
export const FAULTS = [
  'kill',
  'freeze',
  'terminate',
  'redis-restart',
  'redis-failover',
  'disk-full',
  'clock-jump',
  'slow-network',
  'cut-network',
  'silent-network',
  'duplicate-inbox',
  'delayed-inbox',
  'corrupt-checkpoint',
  'corrupt-cache',
  'out-of-memory',
] as const;
export type FaultKind = (typeof FAULTS)[number];

export const PARTS = ['api', 'scheduler-0', 'scheduler-1', 'worker-0', 'worker-1'] as const;
export type PartName = (typeof PARTS)[number];
export type Target = PartName | 'redis';

/** `single`: one Redis, and a link between it and each part. `sentinel`: a primary, a replica, and who moves the lead. */
export type Topology = 'single' | 'sentinel';

export interface Fault {
  readonly kind: FaultKind;
  readonly target: Target;
  /** After the first job was sent. */
  readonly atMs: number;
  readonly forMs: number;
  /** From 0 to 1; what it means is the fault's own affair. */
  readonly how: number;
}

export interface FaultPlan {
  readonly seed: number;
  readonly topology: Topology;
  /** Which jobs of the catalogue, in which order. */
  readonly jobs: readonly number[];
  readonly faults: readonly Fault[];
}

export const CATALOGUE_JOBS = 12;
const JOBS = 6;
const MOST_FAULTS = 4;
const SPREAD_MS = 2_500;
const LONGEST_MS = 3_000;
/** A job that was in three workers that died fails, and that is a promise, too. */
const MOST_WORKERS_LOST = 2;
/** One run in so many has a fail-over. */
const SENTINEL_EVERY = FAULTS.length;

/** The plan is nothing but a function of its seed: whoever has the seed has the run. */
export function faultPlan(seed: number): FaultPlan {
  const random = seededRandom(seed);
  const topology = seed % SENTINEL_EVERY === FAULTS.indexOf('redis-failover') ? 'sentinel' : 'single';
  const possible = FAULTS.filter((kind) => POSSIBLE[topology].has(kind));
  // The first goes by turns, so that none is missing from a series of seeds.
  const first = FAULTS[seed % FAULTS.length] ?? 'kill';
  const kinds = [first, ...Array.from({ length: whole(random, MOST_FAULTS) }, () => pick(random, possible))];
  const faults: Fault[] = [];
  for (const kind of kinds) {
    const fault: Fault = {
      kind,
      target: pick(random, TARGETS[kind]),
      atMs: whole(random, SPREAD_MS),
      forMs: 100 + whole(random, LONGEST_MS - 100),
      how: random(),
    };
    const isPossible =
      [...faults, fault].filter(costsWorker).length <= MOST_WORKERS_LOST &&
      !faults.some((other) => collide(other, fault));
    if (isPossible) faults.push(fault);
  }
  return {
    seed,
    topology,
    jobs: shuffled(random, CATALOGUE_JOBS).slice(0, JOBS),
    faults: faults.sort((a, b) => a.atMs - b.atMs),
  };
}

const WORKERS: readonly Target[] = ['worker-0', 'worker-1'];

const TARGETS: Record<FaultKind, readonly Target[]> = {
  kill: PARTS,
  freeze: [...PARTS, 'redis'],
  terminate: PARTS,
  'redis-restart': ['redis'],
  'redis-failover': ['redis'],
  'disk-full': ['redis'],
  'clock-jump': PARTS,
  'slow-network': PARTS,
  'cut-network': PARTS,
  'silent-network': PARTS,
  'duplicate-inbox': WORKERS,
  'delayed-inbox': WORKERS,
  'corrupt-checkpoint': WORKERS,
  'corrupt-cache': WORKERS,
  'out-of-memory': WORKERS,
};

/** Parts speak to whichever Redis leads, without a link in between. */
const WITHOUT_LINKS: readonly FaultKind[] = ['slow-network', 'cut-network', 'silent-network'];
const POSSIBLE: Record<Topology, ReadonlySet<FaultKind>> = {
  single: new Set(FAULTS.filter((kind) => kind !== 'redis-failover')),
  sentinel: new Set(FAULTS.filter((kind) => !WITHOUT_LINKS.includes(kind) && kind !== 'redis-restart')),
};

/** Whether a worker may be thought dead for it. */
export const costsWorker = ({ kind, target }: Fault): boolean =>
  kind === 'corrupt-checkpoint' ||
  kind === 'out-of-memory' ||
  (WORKERS.includes(target) && ['kill', 'freeze', 'cut-network', 'silent-network'].includes(kind));

/** What happens to one target at a time is told apart; of the disk and of each other kind there is one. */
const collide = (one: Fault, other: Fault): boolean =>
  one.kind === other.kind ||
  (one.target === other.target && one.kind !== 'disk-full' && other.kind !== 'disk-full');

const whole = (random: () => number, below: number): number => Math.floor(random() * below);

function pick<T>(random: () => number, from: readonly T[]): T {
  const picked = from[whole(random, from.length)];
  if (picked === undefined) throw new Error('there is nothing to pick from');
  return picked;
}

function shuffled(random: () => number, count: number): number[] {
  const left = Array.from({ length: count }, (_, at) => at);
  return Array.from({ length: count }, () => left.splice(whole(random, left.length), 1)[0] ?? 0);
}
