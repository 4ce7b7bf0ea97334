import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sampling } from '@gistpool/contracts';
import type { SessionReport, SessionRequest } from '@gistpool/engine';
import { type LaneCard, openLaneCard } from '@gistpool/engine/testing';
import { CliError, EXIT } from '../exit';
import { mean, rounded } from '../view/format';
import { median } from './statistics';
import type { Work, WorkMode } from './work';

export type ParkKvType = 'f32' | 'f16' | 'q8_0';

export interface ParkPlan {
  readonly work: Work;
  readonly kvTypes: readonly ParkKvType[];
  /** Each job is parked when it has sampled so large a share of its tokens; rising. */
  readonly shares: readonly number[];
  readonly cells: number;
  readonly threads: number;
}

/** All jobs of one twin, parked at one share of their tokens. */
export interface ParkFigures {
  readonly share: number;
  readonly cells_mean: number;
  /** Of the file of a parked session. */
  readonly bytes_mean: number;
  readonly park_ms_median: number;
  readonly restore_ms_median: number;
}

export interface ParkSide {
  readonly mode: WorkMode;
  readonly model: string;
  readonly kv_type: ParkKvType;
  readonly kv_bytes_per_cell: number;
  readonly jobs: number;
  readonly tokens: number;
  /** Jobs that said other than undisturbed. */
  readonly other_texts: number;
  /** Parks that did not come back from their file but from token ids. */
  readonly replays: number;
  readonly at: readonly ParkFigures[];
}

interface ParkTaken {
  readonly share: number;
  readonly cells: number;
  readonly bytes: number;
  readonly parkMs: number;
  readonly restoreMs: number;
}

/** The slot is given to another session while one is parked, so that nothing of it is left there. */
const GUEST = { max_tokens: 8, max_thoughts: 1, max_thought_tokens: 8 };
const QUOTA_BYTES = 2 ** 30;

/**
 * Each job twice on a real card with one slot: undisturbed, and parked at every share of its tokens, while a guest has
 * its slot. What is timed is the card's own way: the file of a session written and read with the system's file cache.
 */
export async function* benchPark(plan: ParkPlan): AsyncGenerator<ParkSide> {
  const folder = await mkdtemp(join(tmpdir(), 'gistpool-park-'));
  try {
    for (const kvType of plan.kvTypes)
      for (const mode of ['vanilla', 'lightthinker'] as const) yield await side(plan, mode, kvType, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function side(plan: ParkPlan, mode: WorkMode, kvType: ParkKvType, folder: string): Promise<ParkSide> {
  const modelPath = await plan.work.modelOf(mode);
  const opened = await openLaneCard({
    modelPath,
    modelName: mode,
    device: 'cpu',
    threads: plan.threads,
    kvBudgetBytes: Number.MAX_SAFE_INTEGER,
    lanes: [{ slots: 1, cells: plan.cells }],
    kvType,
    flashAttention: kvType === 'q8_0',
    prefillChunk: 128,
    park: { folder, quotaBytes: QUOTA_BYTES },
  });
  if (!opened.ok) throw new CliError(`${opened.refused.path}: ${opened.refused.reason}`, EXIT.modelRefused);
  const { card } = opened;
  const { sampling = {} } = await plan.work.requestOf(mode);
  const taken: ParkTaken[] = [];
  let tokens = 0;
  let otherTexts = 0;
  let replays = 0;
  try {
    for (const [at, { input }] of plan.work.puzzles.entries()) {
      const request: SessionRequest = {
        jobId: 'parked',
        lane: 0,
        messages: [{ role: 'user', content: input }],
        limits: card.model.default_limits,
        sampling: { ...Sampling.parse(sampling), seed: at },
        reservedCells: 0,
      };
      const alone = await undisturbed(card, request);
      tokens += alone.tokens;
      const again = await disturbed(card, request, alone.tokens, plan.shares);
      taken.push(...again.taken);
      if (again.told !== alone.told) otherTexts += 1;
      if (again.replayedTokens > 0) replays += 1;
    }
    return {
      mode,
      model: modelPath.slice(modelPath.lastIndexOf('/') + 1),
      kv_type: kvType,
      kv_bytes_per_cell: card.model.kv_bytes_per_cell,
      jobs: plan.work.puzzles.length,
      tokens,
      other_texts: otherTexts,
      replays,
      at: plan.shares.map((share) => figuresOf(taken, share)),
    };
  } finally {
    await card.dispose();
  }
}

function figuresOf(taken: readonly ParkTaken[], share: number): ParkFigures {
  const own = taken.filter((one) => one.share === share);
  return {
    share,
    cells_mean: rounded(mean(own.map(({ cells }) => cells)), 1),
    bytes_mean: Math.round(mean(own.map(({ bytes }) => bytes))),
    park_ms_median: rounded(median(own.map(({ parkMs }) => parkMs)), 3),
    restore_ms_median: rounded(median(own.map(({ restoreMs }) => restoreMs)), 3),
  };
}

interface Told {
  /** All that it said, thought by thought. */
  readonly told: string;
  readonly tokens: number;
  readonly replayedTokens: number;
}

async function undisturbed(card: LaneCard, request: SessionRequest): Promise<Told> {
  admit(card, request);
  const reports: SessionReport[] = [];
  while (card.sessions() > 0) reports.push(...(await card.step()));
  return toldBy(reports);
}

async function disturbed(
  card: LaneCard,
  request: SessionRequest,
  tokens: number,
  shares: readonly number[],
): Promise<Told & { readonly taken: readonly ParkTaken[] }> {
  admit(card, request);
  const reports: SessionReport[] = [];
  const taken: ParkTaken[] = [];
  let sampled = 0;
  for (const share of shares) {
    while (sampled < share * tokens && card.sessions() > 0) {
      const before = card.totals().generatedTokens;
      reports.push(...(await card.step()));
      sampled += card.totals().generatedTokens - before;
    }
    if (card.sessions() === 0) throw new CliError(`a job ended before ${share} of its own tokens`);
    taken.push({ share, ...(await parkOnce(card, request.jobId, reports)) });
  }
  while (card.sessions() > 0) reports.push(...(await card.step()));
  return { ...toldBy(reports), taken };
}

async function parkOnce(
  card: LaneCard,
  jobId: string,
  reports: SessionReport[],
): Promise<Omit<ParkTaken, 'share'>> {
  const startMs = performance.now();
  if (!(await card.park(jobId, reports))) throw new CliError('a session could not be parked');
  const parkMs = performance.now() - startMs;
  const last = reports.at(-1);
  const cells = last?.kind === 'parked' ? last.cells : 0;
  const { bytes } = card.parked();
  admit(card, { ...guest, limits: GUEST });
  while (card.sessions() > card.parked().sessions) await card.step();
  const restoreFromMs = performance.now();
  await card.comeBack(reports);
  const restoreMs = performance.now() - restoreFromMs;
  if (card.parked().sessions > 0) throw new CliError('a parked session did not come back');
  return { cells, bytes, parkMs, restoreMs };
}

const guest: Omit<SessionRequest, 'limits'> = {
  jobId: 'guest',
  lane: 0,
  messages: [{ role: 'user', content: 'a guest' }],
  sampling: { ...Sampling.parse({}), seed: 0 },
  reservedCells: 0,
};

function admit(card: LaneCard, request: SessionRequest): void {
  const refusal = card.admit(request);
  if (refusal !== undefined) throw new CliError(`a job was refused: ${JSON.stringify(refusal)}`);
}

function toldBy(reports: readonly SessionReport[]): Told {
  const finish = reports.findLast((report) => report.kind === 'finish');
  if (finish?.kind !== 'finish') throw new CliError('a job did not finish');
  const { text, thoughts, answer, accounting } = finish;
  return {
    told: JSON.stringify([text, thoughts, answer]),
    tokens: accounting.generatedTokens,
    replayedTokens: accounting.replayedTokens,
  };
}
