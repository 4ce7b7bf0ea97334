import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Engine,
  type EngineContext,
  EngineModel,
  PooledTrial,
  type TrialReport,
  type TrialShape,
  writeRandomModel,
} from '@gistpool/engine/testing';
import { CliError } from '../exit';
import { median } from './statistics';

/** Small enough for 10,000 steps on a busy machine; f32 throughout, so that what differs is not rounding. */
const EXACT_MODEL = {
  layers: 2,
  width: 64,
  heads: 4,
  kvHeads: 2,
  ffn: 128,
  vocab: 512,
  dtype: 'f32',
} as const;
/** About 25M parameters: attention weighs as much as it does in a model of use. */
const SPEED_MODEL = {
  layers: 8,
  width: 384,
  heads: 6,
  kvHeads: 2,
  ffn: 1152,
  vocab: 8192,
  dtype: 'q8_0',
} as const;

const SHAPES: readonly TrialShape[] = [
  { pools: 4, slotsPerPool: 4, cellsPerPool: 256 },
  { pools: 2, slotsPerPool: 8, cellsPerPool: 512 },
  { pools: 1, slotsPerPool: 16, cellsPerPool: 512 },
  { pools: 8, slotsPerPool: 2, cellsPerPool: 256 },
];

export interface ExactnessRow extends TrialShape, TrialReport {}

/** Steps are shared out evenly over lanes of different shapes. */
export async function exactness(
  steps: number,
  seed: number,
  progress: (line: string) => void,
): Promise<ExactnessRow[]> {
  return withModel({ ...EXACT_MODEL, seed: 7 }, async (model, folder) => {
    const rows: ExactnessRow[] = [];
    for (const [index, shape] of SHAPES.entries()) {
      const share = Math.floor(steps / SHAPES.length) + (index < steps % SHAPES.length ? 1 : 0);
      const report = await PooledTrial.run(model, EXACT_MODEL.vocab, shape, {
        steps: share,
        seed: seed + index,
        folder,
        progress: (step) => {
          if (step % 500 === 0) progress(`${nameOf(shape)}: ${step} of ${share} steps\n`);
        },
      });
      rows.push({ ...shape, ...report });
    }
    return rows;
  });
}

export const nameOf = ({ pools, slotsPerPool, cellsPerPool }: TrialShape): string =>
  `${pools} x ${cellsPerPool} cells, ${slotsPerPool} sessions each`;

export interface CostRow {
  readonly flash_attention: boolean;
  readonly sessions_per_pool: number;
  readonly cells_per_session: number;
  readonly sessions: number;
  readonly step_ms: number;
  /** To one session per pool without flash attention, in the same rounds. */
  readonly ratio: number;
}

export interface CostPlan {
  readonly sessions: number;
  readonly cellsPerSession: number;
  readonly perPool: readonly number[];
  readonly rounds: number;
  readonly flashAttention: boolean;
}

/** Time of one decode step with all pools full: contexts take turns, step by step. The first kind is what the others are held against. */
export async function stepCost(plan: Omit<CostPlan, 'flashAttention'>): Promise<CostRow[]> {
  const { sessions, cellsPerSession, rounds, perPool } = plan;
  const kinds = [false, true].flatMap((flashAttention) =>
    perPool.map((slotsPerPool) => ({ flashAttention, slotsPerPool })),
  );
  return withModel({ ...SPEED_MODEL, seed: 7 }, async (model, folder) => {
    const lanes: FullLane[] = [];
    try {
      for (const { flashAttention, slotsPerPool } of kinds)
        lanes.push(await FullLane.make(model, { ...plan, flashAttention }, slotsPerPool, folder));
      const times = lanes.map((): number[] => []);
      for (let round = 0; round < rounds + WARM_ROUNDS; round++) {
        for (const [index, lane] of lanes.entries()) {
          const ms = await lane.step();
          if (round >= WARM_ROUNDS) times[index]?.push(ms);
        }
      }
      const [base = []] = times;
      return kinds.map(({ flashAttention, slotsPerPool }, index) => ({
        flash_attention: flashAttention,
        sessions_per_pool: slotsPerPool,
        cells_per_session: cellsPerSession,
        sessions,
        step_ms: median(times[index] ?? []),
        ratio: median((times[index] ?? []).map((ms, round) => ms / (base[round] ?? NaN))),
      }));
    } finally {
      for (const lane of lanes) await lane.dispose();
    }
  });
}

export interface LevelRow {
  readonly sessions_of_pools: readonly number[];
  /** Of a step with fillers, and of the same one that the library cuts into passes, to that of full pools. */
  readonly filled_ratio: number;
  readonly cut_ratio: number;
}

/** What a step costs when pools hold different numbers of sessions. */
export async function unevenCost(
  plan: CostPlan,
  sessionsOfPools: readonly (readonly number[])[],
): Promise<LevelRow[]> {
  const slotsPerPool = plan.sessions / (sessionsOfPools[0]?.length ?? 1);
  return withModel({ ...SPEED_MODEL, seed: 7 }, async (model, folder) => {
    const lane = await FullLane.make(model, plan, slotsPerPool, folder);
    try {
      const rows: LevelRow[] = [];
      for (const held of sessionsOfPools) {
        const [filled, cut]: [number[], number[]] = [[], []];
        for (let round = 0; round < plan.rounds + WARM_ROUNDS; round++) {
          const full = await lane.step();
          const [a, b] = [(await lane.step(held, true)) / full, (await lane.step(held, false)) / full];
          if (round < WARM_ROUNDS) continue;
          filled.push(a);
          cut.push(b);
        }
        rows.push({ sessions_of_pools: held, filled_ratio: median(filled), cut_ratio: median(cut) });
      }
      return rows;
    } finally {
      await lane.dispose();
    }
  });
}

const WARM_ROUNDS = 4;
const CHUNK = 256;

/** Sessions that fill their pools and stay as long as they are: what a step feeds is evicted again. */
class FullLane {
  private constructor(
    private readonly context: EngineContext,
    private readonly length: number,
  ) {}

  static async make(
    model: EngineModel,
    plan: CostPlan,
    slotsPerPool: number,
    folder: string,
  ): Promise<FullLane> {
    const context = await model.createContext({
      slots: plan.sessions,
      slotsPerPool,
      cells: plan.cellsPerSession * slotsPerPool,
      batchTokens: CHUNK,
      threads: 1,
      kvType: 'f16',
      flashAttention: plan.flashAttention,
    });
    // One cell each is kept free for the step.
    const lane = new FullLane(context, plan.cellsPerSession - 1);
    for (let start = 0; start < lane.length; start += CHUNK) {
      const count = Math.min(CHUNK, lane.length - start);
      context.beginBatch(count);
      context.add(0, start, new Uint32Array(count).fill(97), NOTHING);
      await context.decode();
    }
    // The others are copies of the first: their time is the same, and it saves their prompts.
    const first = join(folder, 'first.cells');
    await context.save(0, first);
    for (let slot = 1; slot < plan.sessions; slot++) await context.load(slot, first);
    return lane;
  }

  /** `held`: sessions of each pool that take part, all if left out. Fillers stand for the rest, or nobody. In milliseconds. */
  async step(held?: readonly number[], isFilled = false): Promise<number> {
    const { context, length } = this;
    const each = context.slotsPerPool;
    const highest = held === undefined ? each : Math.max(...held);
    const takesPart = (slot: number): boolean =>
      slot % each < (isFilled ? highest : (held?.[Math.floor(slot / each)] ?? each));
    const slots = Array.from({ length: context.slots }, (_, slot) => slot).filter(takesPart);
    const isFiller = (slot: number): boolean =>
      held !== undefined && slot % each >= (held[Math.floor(slot / each)] ?? each);
    const started = performance.now();
    context.beginBatch(slots.length);
    for (const slot of slots)
      context.add(slot, length, Uint32Array.of(98), isFiller(slot) ? NOTHING : Uint32Array.of(0));
    await context.decode();
    const ms = performance.now() - started;
    for (const slot of slots) context.evict(slot, length, length + 1);
    return ms;
  }

  dispose(): Promise<void> {
    return this.context.dispose();
  }
}

const NOTHING = new Uint32Array(0);

async function withModel<T>(
  shape: Parameters<typeof writeRandomModel>[1],
  use: (model: EngineModel, folder: string) => Promise<T>,
): Promise<T> {
  const reason = Engine.preparePools('cpu');
  if (reason !== undefined) throw new CliError(`sessions cannot share pools here: ${reason}`);
  const folder = await mkdtemp(join(tmpdir(), 'gistpool-pooled-'));
  try {
    const path = join(folder, 'random.gguf');
    writeRandomModel(path, shape);
    const model = await EngineModel.load(await Engine.start('cpu'), path);
    try {
      if (!(await model.sharesPools())) throw new CliError('the loaded libllama does not pool');
      return await use(model, folder);
    } finally {
      await model.dispose();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
