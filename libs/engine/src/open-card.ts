import { Engine, type EngineContext, EngineModel } from './binding';
import { LaneCard } from './card';
import { CellCount } from './cell-count';
import { Lane } from './lane';
import { batchTokens, type LanePlan, planLanes } from './lane-plan';
import { inspectModelFile } from './model-file';
import { megabytes } from './numbers';
import { type ModelPolicy, policyOf } from './policy';
import { CardRefused } from './refused';
import { selfTest } from './self-test';
import { ServedModel } from './served-model';
import { Totals } from './totals';
import type { CardOptions, ModelRefused, OpenCard } from './types';

export type Opened = { ok: true; card: LaneCard } | { ok: false; refused: ModelRefused };

/** Loads a model, makes its lanes and tests them; or says why not. */
export const openCard: OpenCard = (options) => openLaneCard(options);

export async function openLaneCard(options: CardOptions): Promise<Opened> {
  try {
    return { ok: true, card: await open(options) };
  } catch (error) {
    if (error instanceof CardRefused)
      return { ok: false, refused: { path: options.modelPath, reason: error.message } };
    throw error;
  }
}

async function open(options: CardOptions): Promise<LaneCard> {
  const poolSessions = options.poolSessions ?? 1;
  if (poolSessions > 1) {
    const reason = Engine.preparePools(options.device);
    if (reason !== undefined) throw new CardRefused(noPools(poolSessions, reason));
  }
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

  if (poolSessions > 1 && (engine.isRecurrent(file.architecture) || file.hasSlidingWindow)) {
    throw new CardRefused(
      noPools(poolSessions, `architecture "${file.architecture}" keeps more than one plain cache`),
    );
  }

  engine.takeComplaints();
  const loaded = await refusing(
    EngineModel.load(engine, file.path),
    (error) =>
      `the engine could not load the model (${megabytes(file.bytes)} of weights): ${messageOf(error)}${engine.takeComplaints()}`,
  );
  const lanes: Lane[] = [];
  try {
    const served = new ServedModel(file, method, loaded);
    if (poolSessions > 1 && !(await served.engine.sharesPools()))
      throw new CardRefused(noPools(poolSessions, 'the loaded libllama does not pool'));
    const plan = planLanes(file, method, options, await engine.freeDeviceBytes());
    return await makeCard(engine, served, plan, options, lanes);
  } catch (error) {
    for (const lane of lanes) await lane.dispose();
    await loaded.dispose();
    throw error;
  }
}

/** Puts each lane into `lanes` as soon as it is made, so that the caller can take them down again. */
async function makeCard(
  engine: Engine,
  served: ServedModel,
  plan: LanePlan,
  options: CardOptions,
  lanes: Lane[],
): Promise<LaneCard> {
  const slotsPerPool = options.poolSessions ?? 1;
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
      totals,
    });
    lanes.push(lane);
    index += lane.places;
  }
  const card = new LaneCard({
    modelName: options.modelName,
    device: engine.deviceName,
    served,
    laneList: lanes,
    totals,
    kvBudgetBytes: plan.kvBudgetBytes,
    kvBytesPerCell,
    reportsText: options.reportsText ?? true,
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

const noPools = (sessions: number, reason: string): string =>
  `${String(sessions)} sessions were to share each pool of cells, which needs gistpool's build of libllama: ${reason}. ` +
  'Without --pool-sessions every slot has cells of its own';

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
