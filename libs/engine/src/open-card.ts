import { Engine, EngineModel } from './binding';
import { LaneCard } from './card';
import { LaneChooser } from './lane-chooser';
import { LaneMaker } from './lane-maker';
import { type LanePlan, planLanes, usualJob } from './lane-plan';
import { inspectModelFile } from './model-file';
import { megabytes } from './numbers';
import { type ModelPolicy, policyOf } from './policy';
import { ParkFolder } from './park-folder';
import { withoutPools } from './pooled-library';
import { CardRefused, messageOf, refusing } from './refused';
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
  const choosesLanes = wanted.demandOf !== undefined && wanted.lanes === undefined && poolSessions === 1;
  const asksForPools = poolSessions > 1 || (choosesLanes && wanted.poolSessions === undefined);
  let noPools = asksForPools ? Engine.preparePools(wanted.device) : undefined;
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
  try {
    const served = new ServedModel(file, method, loaded);
    if (asksForPools && noPools === undefined && !(await served.engine.sharesPools()))
      noPools = 'the loaded one does not pool';
    if (noPools !== undefined) options = { ...wanted, poolSessions: 1 };
    let plan = planLanes(file, method, options, await engine.freeDeviceBytes());
    const chooser =
      options.demandOf && choosesLanes
        ? await chooserFor(engine, served, plan, options, asksForPools && noPools === undefined)
        : undefined;
    if (options.demandOf && chooser) plan = chooser.choose(options.demandOf);
    const card = await makeCard(engine, served, plan, options, chooser);
    if (plan.why !== undefined) return { card, plan: plan.why };
    if (poolSessions === 1 || noPools === undefined) return { card };
    return { card, notice: withoutPools(poolSessions, noPools) };
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
}

/** The widest number of sessions in one pool that is considered. */
const MOST_SHARING = 32;

async function chooserFor(
  engine: Engine,
  served: ServedModel,
  plain: LanePlan,
  options: CardOptions,
  canShare: boolean,
): Promise<LaneChooser> {
  const job = usualJob(served.file, served.method);
  const isOnCpu = engine.deviceName === 'cpu';
  const time = await measureStepTime(served.engine, served.plainToken, { ...options, canShare, isOnCpu });
  return new LaneChooser(plain, job, time, canShare ? MOST_SHARING : 1, options.laneGoal ?? 'speed');
}

async function makeCard(
  engine: Engine,
  served: ServedModel,
  plan: LanePlan,
  options: CardOptions,
  chooser?: LaneChooser,
): Promise<LaneCard> {
  // A file of cells is understood only if it holds one plain cache.
  const isPlain = !engine.isRecurrent(served.file.architecture) && !served.file.hasSlidingWindow;
  const park =
    isPlain &&
    options.park &&
    (await refusing(
      ParkFolder.open(options.park.folder, options.park.quotaBytes, options.park.failed),
      messageOf,
    ));
  const totals = new Totals();
  const maker = new LaneMaker(engine, served, options, totals);
  const laneList = await maker.make(plan);
  return new LaneCard({
    modelName: options.modelName,
    device: engine.deviceName,
    served,
    plan,
    laneList,
    maker,
    ...(chooser && { chooser }),
    totals,
    reportsText: options.reportsText ?? true,
    ...(park ? { park } : {}),
  });
}

function withLimits(method: ModelPolicy, limits: CardOptions['defaultLimits']): ModelPolicy {
  return limits === undefined ? method : { ...method, defaultLimits: { ...method.defaultLimits, ...limits } };
}
