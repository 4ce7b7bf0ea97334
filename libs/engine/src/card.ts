import type { LaneView, Message, ModelInfo } from '@gistpool/contracts';
import { kvBytesPerCell, type SessionCheckpoint, type TokenId, upperBoundPeakCells } from '@gistpool/core';
import { Engine, type EngineContext, EngineModel } from './binding';
import { CellCount } from './cell-count';
import { computeBytesEstimate, defaultBudgetBytes, defaultLane, refuseLanes } from './kv-budget';
import { Lane } from './lane';
import { inspectModelFile, type ModelFile } from './model-file';
import { megabytes, roundUpTo256 } from './numbers';
import { type Chooser, Occupant } from './occupant';
import { defaultPromptTokens, type ModelPolicy, policyOf } from './policy';
import { SELF_TEST_TOKENS, selfTest } from './self-test';
import { ServedModel } from './served-model';
import type { Card, CardOptions, ModelRefused, OpenCard, Refusal, SessionReport, SessionRequest } from './types';

const BYTES_PER_ELEMENT = { f32: 4, f16: 2, q8_0: 34 / 32 } as const;

/** Loads a model, makes its lanes and tests them; or says why not. */
export const openCard: OpenCard = (options) => openLaneCard(options);

export type Opened = { ok: true; card: LaneCard } | { ok: false; refused: ModelRefused };

export async function openLaneCard(options: CardOptions): Promise<Opened> {
  const refuse = (reason: string): Opened => ({ ok: false, refused: { path: options.modelPath, reason } });

  let engine: Engine;
  try {
    engine = await Engine.start(options.device);
  } catch (error) {
    return refuse(`the engine does not start on device "${options.device}": ${messageOf(error)}`);
  }
  const inspected = await inspectModelFile(options.modelPath, engine);
  if (!inspected.ok) return inspected;
  const { file } = inspected;
  const policy = policyOf(file);
  if (!policy.ok) return refuse(policy.reason);
  const method = withLimits(policy.found, options.defaultLimits);
  if (method.policy.kind !== 'vanilla' && engine.isRecurrent(file.architecture)) {
    return refuse(`architecture "${file.architecture}" keeps a recurrent state, from which ${method.policy.kind} cannot evict`);
  }

  let loaded: EngineModel;
  engine.takeComplaints();
  try {
    loaded = await EngineModel.load(engine, file.path);
  } catch (error) {
    return refuse(`the engine could not load the model (${megabytes(file.bytes)} of weights): ${messageOf(error)}${engine.takeComplaints()}`);
  }
  try {
    const result = await LaneCard.make(options, engine, new ServedModel(file, method, loaded));
    if (typeof result !== 'string') return { ok: true, card: result };
    await loaded.dispose();
    return refuse(result);
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
}

/** What one lane needs to be made. */
interface LanePlan {
  readonly slots: number;
  readonly cells: number;
}

export class LaneCard implements Card {
  readonly model: ModelInfo;
  readonly device: string;
  private steps = 0;
  private generatedTokens = 0;
  private compressions = 0;

  private constructor(
    private readonly options: CardOptions,
    private readonly served: ServedModel,
    private readonly laneList: readonly Lane[],
    device: string,
    readonly kvBudgetBytes: number,
    private readonly bytesPerCell: number,
  ) {
    const { file, method } = served;
    this.device = device;
    this.model = {
      name: options.modelName,
      method: method.policy.kind,
      architecture: file.architecture,
      gist_count: method.gistCount,
      kv_bytes_per_cell: bytesPerCell,
      largest_slot_cells: Math.max(...laneList.map((lane) => lane.slotCells)),
      default_limits: method.defaultLimits,
    };
  }

  /** A card, or the reason why its lanes cannot be made. */
  static async make(options: CardOptions, engine: Engine, served: ServedModel): Promise<LaneCard | string> {
    const { file, method } = served;
    const bytesPerCell = kvBytesPerCellOf(file, options);
    const batchTokens = (slots: number): number => Math.max(slots, options.prefillChunk, SELF_TEST_TOKENS);
    const compute = computeBytesEstimate(batchTokens(32), file.vocabulary.length, file.width);
    const budget = options.kvBudgetBytes ?? defaultBudgetBytes(await engine.freeDeviceBytes(), compute);

    const peak = upperBoundPeakCells(method.policy, defaultPromptTokens(file.width), {
      maxTokens: method.defaultLimits.max_tokens,
      maxThoughts: method.defaultLimits.max_thoughts,
      maxThoughtTokens: method.defaultLimits.max_thought_tokens,
    });
    const plans: readonly LanePlan[] | undefined =
      options.lanes ?? [defaultLane(peak, budget, bytesPerCell)].filter((lane) => lane !== undefined);
    if (plans.length === 0 && options.lanes === undefined) {
      const bytes = roundUpTo256(peak) * bytesPerCell;
      return (
        `one slot for a job with the default limits (${String(roundUpTo256(peak))} cells) needs ${megabytes(bytes)} of KV cache; ` +
        `the budget is ${megabytes(budget)}. Lower the default limits or raise the budget`
      );
    }
    const refusal = refuseLanes(plans, budget, bytesPerCell);
    if (refusal !== undefined) return refusal;

    const lanes: Lane[] = [];
    const totals = { card: undefined as LaneCard | undefined };
    let measuredPerCell = bytesPerCell;
    for (const [index, plan] of plans.entries()) {
      const context = await served.engine.createContext({
        slots: plan.slots,
        cells: plan.cells,
        batchTokens: batchTokens(plan.slots),
        threads: options.threads,
        kvType: options.kvType,
        flashAttention: options.flashAttention,
      });
      const count = await CellCount.calibrate(context, served.plainToken);
      measuredPerCell = file.hasSlidingWindow ? bytesPerCell : count.kvBytesPerCell;
      const broken = await selfTest(context, served, file.hasSlidingWindow ? undefined : count);
      if (broken.length > 0) {
        await context.dispose();
        for (const lane of lanes) await lane.dispose();
        return `the engine failed its self-test on lane ${String(index)}: ${broken.join('; ')}`;
      }
      lanes.push(
        new Lane(context, {
          lane: index,
          cellsRequested: plan.cells,
          prefillChunk: options.prefillChunk,
          ...(file.hasSlidingWindow ? {} : { count }),
          kvBytesPerCell: measuredPerCell,
          onLeave: (occupant) => totals.card?.countProgress(occupant),
        }),
      );
    }
    const card = new LaneCard(options, served, lanes, engine.deviceName, budget, measuredPerCell);
    totals.card = card;
    if (card.kvBytes > budget) {
      await card.dispose();
      return `the lanes took ${megabytes(card.kvBytes)} of KV cache, as measured; the budget is ${megabytes(budget)}`;
    }
    return card;
  }

  get kvBytes(): number {
    return this.laneList.reduce((sum, lane) => sum + lane.kvBytes, 0);
  }

  countTokens(messages: readonly Message[]): number {
    return this.served.prompts.tokens(messages).length;
  }

  lanes(): LaneView[] {
    return this.laneList.map((lane) => lane.view());
  }

  sessions(): number {
    return this.laneList.reduce((count, lane) => count + lane.sessions, 0);
  }

  admit(request: SessionRequest): Refusal | undefined {
    return this.admitPrompt(request, this.served.prompts.tokens(request.messages));
  }

  /** As `admit`, with the prompt's tokens given; a `chooser` takes the place of the sampler. */
  admitPrompt(request: SessionRequest, prompt: readonly TokenId[], chooser?: Chooser): Refusal | undefined {
    const lane = this.laneList[request.lane];
    if (lane === undefined) return { code: 'unknown-lane', lane: request.lane };
    const needsCells = upperBoundPeakCells(this.served.method.policy, prompt.length, {
      maxTokens: request.limits.max_tokens,
      maxThoughts: request.limits.max_thoughts,
      maxThoughtTokens: request.limits.max_thought_tokens,
    });
    if (needsCells > lane.slotCells) return { code: 'does-not-fit', needsCells, slotCells: lane.slotCells };
    if (!lane.hasFreeSlot) return { code: 'no-free-slot', lane: request.lane };
    lane.seat(this.occupant(request, prompt, chooser));
    return undefined;
  }

  /** For tests of what must not happen: takes a session in without asking whether it fits. */
  seatUnchecked(request: SessionRequest, prompt: readonly TokenId[]): void {
    this.laneList[request.lane]?.seat(this.occupant(request, prompt));
  }

  cancel(jobId: string): boolean {
    const occupant = this.find(jobId);
    if (occupant === undefined) return false;
    occupant.isCancelled = true;
    return true;
  }

  evict(jobId: string): SessionCheckpoint | undefined {
    for (const lane of this.laneList) {
      const checkpoint = lane.evict(jobId);
      if (checkpoint !== undefined) return checkpoint;
    }
    return undefined;
  }

  async step(): Promise<SessionReport[]> {
    const reports: SessionReport[] = [];
    const active = this.laneList.filter((lane) => lane.sessions > 0);
    if (active.length === 0) return reports;
    this.steps++;
    const [first, ...others] = active;
    if (others.length === 0) await first?.step(reports);
    else for (const more of await Promise.all(active.map(stepAlone))) reports.push(...more);
    return reports;
  }

  check(): string[] {
    return this.laneList.flatMap((lane) => lane.check());
  }

  totals(): { generatedTokens: number; compressions: number; steps: number } {
    for (const lane of this.laneList) lane.forEach((occupant) => this.countProgress(occupant));
    const { generatedTokens, compressions, steps } = this;
    return { generatedTokens, compressions, steps };
  }

  /** For tests: the context under a lane. */
  contextOf(lane: number): EngineContext {
    const found = this.laneList[lane];
    if (found === undefined) throw new RangeError(`there is no lane ${String(lane)}`);
    return found.context;
  }

  async dispose(): Promise<void> {
    for (const lane of this.laneList) await lane.dispose();
    await this.served.engine.dispose();
  }

  private occupant(request: SessionRequest, prompt: readonly TokenId[], chooser?: Chooser): Occupant {
    return new Occupant(this.served, request, prompt, {
      kvBytesPerCell: this.bytesPerCell,
      reportsText: this.options.reportsText ?? true,
      ...(chooser === undefined ? {} : { chooser }),
    });
  }

  private find(jobId: string): Occupant | undefined {
    for (const lane of this.laneList) {
      const occupant = lane.find(jobId);
      if (occupant !== undefined) return occupant;
    }
    return undefined;
  }

  private countProgress(occupant: Occupant): void {
    const { generated, compressions } = occupant.takeProgress();
    this.generatedTokens += generated;
    this.compressions += compressions;
  }
}

async function stepAlone(lane: Lane): Promise<SessionReport[]> {
  const reports: SessionReport[] = [];
  await lane.step(reports);
  return reports;
}

function withLimits(method: ModelPolicy, limits: CardOptions['defaultLimits']): ModelPolicy {
  return limits === undefined ? method : { ...method, defaultLimits: { ...method.defaultLimits, ...limits } };
}

function kvBytesPerCellOf(file: ModelFile, options: CardOptions): number {
  // The heads of all layers together, as some models have other numbers of them in other layers.
  return kvBytesPerCell({
    layers: 1,
    kvHeads: file.kvHeads,
    headDimK: file.headDimK,
    headDimV: file.headDimV,
    bytesPerElement: BYTES_PER_ELEMENT[options.kvType],
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
