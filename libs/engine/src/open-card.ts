import { keptPerThought, Predictor, upperBoundPeakCells } from '@gistpool/core';
import { Engine, type EngineContext, EngineModel } from './binding';
import { LaneCard } from './card';
import { CellCount } from './cell-count';
import { Guard } from './guard';
import { Lane } from './lane';
import { batchTokens, fastestPlan, type LanePlan, planLanes, usualJob } from './lane-plan';
import { inspectModelFile } from './model-file';
import { megabytes } from './numbers';
import { type ModelPolicy, policyOf } from './policy';
import { ParkFolder } from './park-folder';
import { withoutPools } from './pooled-library';
import { CardRefused } from './refused';
import { selfTest } from './self-test';
import { ServedModel } from './served-model';
import { measureStepTime } from './step-probe';
import { Totals } from './totals';
import type { CardOptions, ModelRefused, OpenCard } from './types';

interface Made {
  readonly card: LaneCard;
  readonly notice?: string;
  readonly plan?: string;
}

export type Opened = ({ ok: true } & Made) | { ok: false; refused: ModelRefused };

/** `gistpool bench pooled`: on a CPU tokens cost, hardly the pass; on a GPU every pass reads all weights again. */
const CPU_FILLERS_PER_TOKEN = 1 / 4;

/** What a card foresees of its own sessions: P(peak > predicted) <= eps. */
const EPS = 0.01;

/** Loads a model, makes its lanes and tests them; or says why not. */
export const openCard: OpenCard = (options) => openLaneCard(options);

export async function openLaneCard(options: CardOptions): Promise<Opened> {
  try {
    return { ok: true, ...(await open(options)) };
  } catch (error) {
    if (error instanceof CardRefused)
      return { ok: false, refused: { path: options.modelPath, reason: error.message } };
    throw error;
  }
}

async function open(wanted: CardOptions): Promise<Made> {
  if (wanted.kvType === 'q8_0' && !wanted.flashAttention)
    throw new CardRefused('a q8_0 KV cache needs flash attention: switch it on, or take an f16 cache');
  const { poolSessions = 1 } = wanted;
  const choosesLanes =
    wanted.demandOf !== undefined && wanted.lanes === undefined && wanted.poolSessions === undefined;
  let noPools = poolSessions > 1 || choosesLanes ? Engine.preparePools(wanted.device) : undefined;
  let options = wanted;
  const engine = await refusing(Engine.start(options.device), messageOf);
  const inspected = await inspectModelFile(options.modelPath, engine);
  if (!inspected.ok) throw new CardRefused(inspected.refused.reason);
  const { file } = inspected;
  const policy = policyOf(file);
  if (!policy.ok) throw new CardRefused(policy.reason);
  const method = withLimits(policy.found, options.defaultLimits);
  if (method.policy.kind !== 'vanilla' && engine.isRecurrent(file.architecture)) {
    throw new CardRefused(
      `architecture "${file.architecture}" keeps a recurrent state, from which ${method.policy.kind} cannot evict`,
    );
  }

  if (engine.isRecurrent(file.architecture) || file.hasSlidingWindow)
    noPools ??= `architecture "${file.architecture}" keeps more than one plain cache`;

  engine.takeComplaints();
  const loaded = await refusing(
    EngineModel.load(engine, file.path),
    (error) =>
      `the engine could not load the model (${megabytes(file.bytes)} of weights): ${messageOf(error)}${engine.takeComplaints()}`,
  );
  const lanes: Lane[] = [];
  try {
    const served = new ServedModel(file, method, loaded);
    const asksForPools = poolSessions > 1 || choosesLanes;
    if (asksForPools && noPools === undefined && !(await served.engine.sharesPools()))
      noPools = 'the loaded one does not pool';
    if (noPools !== undefined) options = { ...wanted, poolSessions: 1 };
    let plan = planLanes(file, method, options, await engine.freeDeviceBytes());
    if (choosesLanes) plan = await chooseLanes(served, plan, options, noPools === undefined);
    const card = await makeCard(engine, served, plan, options, lanes);
    if (plan.why !== undefined) return { card, plan: plan.why };
    if (poolSessions === 1 || noPools === undefined) return { card };
    return { card, notice: withoutPools(poolSessions, noPools) };
  } catch (error) {
    for (const lane of lanes) await lane.dispose();
    await loaded.dispose();
    throw error;
  }
}

/** The widest number of sessions in one pool that is considered. */
const MOST_SHARING = 32;

async function chooseLanes(
  served: ServedModel,
  plain: LanePlan,
  options: CardOptions,
  canShare: boolean,
): Promise<LanePlan> {
  const job = usualJob(served.file, served.method);
  const demand = options.demandOf?.(job);
  if (demand === undefined) return plain;
  const time = await measureStepTime(served.engine, served.plainToken, { ...options, canShare });
  const widest = upperBoundPeakCells(job.policy, job.promptTokens, job.limits);
  return fastestPlan(plain, widest, demand, time, canShare ? MOST_SHARING : 1);
}

/** Puts each lane into `lanes` as soon as it is made, so that the caller can take them down again. */
async function makeCard(
  engine: Engine,
  served: ServedModel,
  plan: LanePlan,
  options: CardOptions,
  lanes: Lane[],
): Promise<LaneCard> {
  const slotsPerPool = plan.poolSessions;
  const totals = new Totals();
  let { kvBytesPerCell } = plan;
  let index = 0;
  for (const shape of plan.lanes) {
    const slots = shape.slots * slotsPerPool;
    const context = await refusing(
      served.engine.createContext({
        slots,
        cells: shape.cells,
        slotsPerPool,
        batchTokens: batchTokens(slots, options.prefillChunk),
        threads: options.threads,
        kvType: options.kvType,
        flashAttention: options.flashAttention,
      }),
      (error) => messageOf(error) + engine.takeComplaints(),
    );
    const count = await testedCount(context, served, index);
    kvBytesPerCell = count?.kvBytesPerCell ?? kvBytesPerCell;
    const lane = new Lane(context, {
      lane: index,
      cellsRequested: shape.cells,
      prefillChunk: options.prefillChunk,
      ...(count === undefined ? {} : { count }),
      kvBytesPerCell,
      guard: (pools) => new Guard(pools, keptPerThought(served.method.policy), options.looksAhead ?? true),
      mostFillersPerToken: engine.deviceName === 'cpu' ? CPU_FILLERS_PER_TOKEN : Infinity,
      totals,
    });
    lanes.push(lane);
    index += lane.places;
  }
  // A file of cells is understood only if it holds one plain cache.
  const isPlain = !engine.isRecurrent(served.file.architecture) && !served.file.hasSlidingWindow;
  const park =
    isPlain &&
    options.park &&
    (await refusing(
      ParkFolder.open(options.park.folder, options.park.quotaBytes, options.park.failed),
      messageOf,
    ));
  const card = new LaneCard({
    modelName: options.modelName,
    device: engine.deviceName,
    served,
    laneList: lanes,
    totals,
    kvBudgetBytes: plan.kvBudgetBytes,
    kvBytesPerCell,
    reportsText: options.reportsText ?? true,
    predictor: new Predictor({ eps: EPS }),
    ...(park ? { park } : {}),
  });
  if (card.kvBytes > plan.kvBudgetBytes) {
    throw new CardRefused(
      `the lanes took ${megabytes(card.kvBytes)} of KV cache, as measured; the budget is ${megabytes(plan.kvBudgetBytes)}`,
    );
  }
  return card;
}

/** Old tokens leave a sliding window by themselves, so cells are not counted there. */
async function testedCount(
  context: EngineContext,
  served: ServedModel,
  lane: number,
): Promise<CellCount | undefined> {
  try {
    const count = served.file.hasSlidingWindow
      ? undefined
      : await CellCount.calibrate(context, served.plainToken);
    const broken = await selfTest(context, served, count);
    if (broken.length > 0)
      throw new CardRefused(`the engine failed its self-test on lane ${String(lane)}: ${broken.join('; ')}`);
    return count;
  } catch (error) {
    await context.dispose();
    throw error;
  }
}

function withLimits(method: ModelPolicy, limits: CardOptions['defaultLimits']): ModelPolicy {
  return limits === undefined ? method : { ...method, defaultLimits: { ...method.defaultLimits, ...limits } };
}

async function refusing<T>(attempt: Promise<T>, reason: (error: unknown) => string): Promise<T> {
  try {
    return await attempt;
  } catch (error) {
    throw new CardRefused(reason(error));
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
