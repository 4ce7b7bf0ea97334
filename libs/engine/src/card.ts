import type { AnswerFormat, LaneView, Message, ModelInfo } from '@gistpool/contracts';
import {
  boundOf,
  type JobFeatures,
  kvByteSeconds,
  Predictor,
  type SessionCheckpoint,
  type TokenId,
} from '@gistpool/core';
import { formatProblem } from './answer-grammar';
import type { EngineContext } from './binding';
import { CardMeter } from './card-meter';
import { Ladder, type Place } from './ladder';
import type { Lane } from './lane';
import type { DemandOf, LaneChooser } from './lane-chooser';
import type { LaneMaker } from './lane-maker';
import { type LanePlan, shapeOf, usualJob } from './lane-plan';
import { type Chooser, type Learnt, Occupant } from './occupant';
import type { ParkFolder } from './park-folder';
import { policyShapeOf } from './policy-shape';
import { messageOf } from './refused';
import type { ServedModel } from './served-model';
import type { Totals } from './totals';
import type {
  Card,
  CardTotals,
  OtherLanes,
  Refusal,
  Reshaped,
  SessionReport,
  SessionRequest,
  SessionUse,
  UsualJob,
} from './types';

/** P(peak > predicted) <= eps, as long as the pool has told nothing. */
const EPS = 0.01;

export interface CardParts {
  readonly modelName: string;
  readonly device: string;
  readonly served: ServedModel;
  readonly plan: LanePlan;
  /** Made by `maker` as the plan says. */
  readonly laneList: readonly Lane[];
  readonly maker: LaneMaker;
  /** Left out: the lanes were asked for, and stay. */
  readonly chooser?: LaneChooser;
  readonly totals: Totals;
  readonly reportsText: boolean;
  /** Left out: who would be parked is handed back. */
  readonly park?: ParkFolder;
}

/** Lanes on one device that step together. */
export class LaneCard implements Card {
  readonly model: ModelInfo;
  readonly usualJob: UsualJob;
  readonly device: string;
  readonly kvBudgetBytes: number;
  private readonly kvBytesPerCell: number;
  private readonly ladder: Ladder;
  private readonly meter = new CardMeter(() => this.laneList);
  private plan: LanePlan;
  private laneList: readonly Lane[];
  private learnt: Learnt = { predictor: new Predictor({ eps: EPS }), epoch: 0 };
  private steps = 0;
  private reshapeMs: number;

  constructor(private readonly parts: CardParts) {
    const { served, plan, laneList, chooser, maker, park } = parts;
    const { file, method } = served;
    const [first] = laneList;
    const kvBytesPerCell = first?.kvBytesPerCell ?? plan.kvBytesPerCell;
    this.device = parts.device;
    this.usualJob = usualJob(file, method);
    this.kvBudgetBytes = plan.kvBudgetBytes;
    this.kvBytesPerCell = kvBytesPerCell;
    this.plan = plan;
    this.laneList = laneList;
    // Until one was measured. Sessions out and in again are about as much.
    this.reshapeMs = 2 * maker.tookMs;
    this.ladder = new Ladder({ ...(park && { park }), kvBytesPerCell });
    this.ladder.use(laneList);
    this.model = {
      name: parts.modelName,
      method: method.policy.kind,
      architecture: file.architecture,
      width: file.width,
      gist_count: method.gistCount,
      policy: policyShapeOf(method.policy),
      kv_bytes_per_cell: kvBytesPerCell,
      marks_answer: method.answerStart !== undefined,
      // Whatever lanes are chosen later have a place for so wide a job.
      largest_slot_cells: chooser?.widestCells ?? Math.max(...laneList.map((lane) => lane.slotCells)),
      default_limits: method.defaultLimits,
    };
  }

  get kvBytes(): number {
    return this.laneList.reduce((sum, lane) => sum + lane.kvBytes, 0);
  }

  countTokens(messages: readonly Message[]): number {
    return this.parts.served.prompts.tokens(messages).length;
  }

  formatProblem(format: AnswerFormat): string | undefined {
    return formatProblem(this.parts.served.engine, format);
  }

  lanes(): LaneView[] {
    return this.laneList.flatMap((lane) => lane.views());
  }

  sessions(): number {
    return this.laneList.reduce((count, lane) => count + lane.sessions, this.ladder.size);
  }

  parked(): { readonly sessions: number; readonly bytes: number } {
    return { sessions: this.ladder.size, bytes: this.parts.park?.bytes ?? 0 };
  }

  admit(request: SessionRequest): Refusal | undefined {
    return this.admitPrompt(request, this.parts.served.prompts.tokens(request.messages));
  }

  /** As `admit`, with the prompt's tokens given; a `chooser` takes the place of the sampler. */
  admitPrompt(request: SessionRequest, prompt: readonly TokenId[], chooser?: Chooser): Refusal | undefined {
    const found = this.placeAt(request.lane);
    if (found === undefined) return { code: 'unknown-lane', lane: request.lane };
    const { lane, place } = found;
    if (!lane.hasFreeSlot(place)) return { code: 'no-free-slot', lane: request.lane };
    const occupant = this.occupant(request, prompt, chooser);
    const { neededCells } = occupant;
    if (neededCells > lane.slotCells) {
      occupant.dispose();
      return { code: 'does-not-fit', needsCells: neededCells, slotCells: lane.slotCells };
    }
    lane.seat(occupant, place);
    return undefined;
  }

  /** Moves a running session to another place. False: it is not here, or has no room there. */
  async move(jobId: string, to: number): Promise<boolean> {
    const target = this.placeAt(to);
    const found = this.seated(jobId);
    if (target === undefined || found === undefined) return false;
    if (!target.lane.hasRoomFor(found.occupant, target.place)) return false;
    await this.ladder.move(found.occupant, found.lane, target);
    return true;
  }

  /** Takes a running session out with its cells in a file; it comes back by itself. False: it is not here, or the quota is used up. */
  async park(jobId: string, reports: SessionReport[]): Promise<boolean> {
    const found = this.seated(jobId);
    const isParked = found !== undefined && (await this.ladder.park(found.occupant, found.lane, reports));
    if (isParked) this.meter.look(this.isIdle);
    return isParked;
  }

  /** Brings back who is parked, as far as there is room. Every step begins with it. */
  async comeBack(reports: SessionReport[]): Promise<void> {
    if (this.ladder.size > 0) await this.ladder.comeBack(reports);
  }

  cancel(jobId: string): boolean {
    const occupant = this.seated(jobId)?.occupant ?? this.ladder.find(jobId);
    if (occupant === undefined) return false;
    occupant.isCancelled = true;
    return true;
  }

  evict(jobId: string): SessionCheckpoint | undefined {
    const parked = this.ladder.find(jobId);
    if (parked !== undefined) return this.ladder.evict(parked);
    const found = this.seated(jobId);
    const checkpoint = found?.lane.evict(found.occupant);
    // No step may follow.
    if (checkpoint !== undefined) this.meter.look(this.isIdle);
    return checkpoint;
  }

  useOf(jobId: string): SessionUse | undefined {
    return (this.seated(jobId)?.occupant ?? this.ladder.find(jobId))?.use;
  }

  async step(): Promise<SessionReport[]> {
    const reports: SessionReport[] = [];
    await this.comeBack(reports);
    const active = this.laneList.filter((lane) => lane.sessions > 0);
    if (active.length === 0) return reports;
    this.steps++;
    const [first, ...others] = active;
    if (others.length === 0) await first?.step(reports);
    else for (const more of await Promise.all(active.map(stepAlone))) reports.push(...more);
    for (const lane of active) await this.ladder.relieve(lane, reports);
    this.meter.look(this.isIdle);
    return reports;
  }

  consider(demandOf: DemandOf): OtherLanes | undefined {
    const { chooser } = this.parts;
    if (chooser === undefined) return undefined;
    const plan = chooser.choose(demandOf);
    const { plan: present, reshapeMs } = this;
    return {
      plan,
      from: shapeOf(present),
      to: shapeOf(plan),
      present: chooser.rate(present, demandOf),
      planned: chooser.rate(plan, demandOf),
      reshapeMs,
    };
  }

  async reshape(plan: LanePlan, reports: SessionReport[]): Promise<Reshaped> {
    const startedAtMs = performance.now();
    const cleared = await this.ladder.clear();
    this.meter.look(true);
    // The budget holds one shape: the old one goes before the new one is made.
    for (const lane of this.laneList) await lane.dispose();
    this.laneList = [];
    const refused = await this.makeLanes(plan).catch(messageOf);
    if (refused !== undefined) await this.makeLanes(this.plan);
    else this.plan = plan;
    await this.ladder.settle(this.laneList, cleared, reports);
    this.meter.look(true);
    const ms = performance.now() - startedAtMs;
    this.reshapeMs = ms;
    if (refused === undefined) this.parts.totals.reshapes++;
    return { ms, sessions: cleared.length, ...(refused === undefined ? {} : { refused }) };
  }

  learn(pool: Predictor, epoch: number): void {
    const predictor = new Predictor(pool.options);
    predictor.follow(pool);
    this.learnt = { predictor, epoch };
    for (const lane of this.laneList) for (const occupant of lane.occupants) occupant.learnFrom(this.learnt);
    for (const occupant of this.ladder.occupants) occupant.learnFrom(this.learnt);
  }

  check(): string[] {
    return this.laneList.flatMap((lane) => lane.check());
  }

  totals(): CardTotals {
    const { generatedTokens, compressions, samplingMs, reshapes } = this.parts.totals;
    const { cellMs } = this.meter;
    return {
      generatedTokens,
      compressions,
      samplingMs,
      reshapes,
      steps: this.steps,
      kvByteSeconds: kvByteSeconds(cellMs, this.kvBytesPerCell),
    };
  }

  /** Tokens of all decodes but prefill: sampled ones and what compression feeds. What a benchmark of the engine counts. */
  get decodedTokens(): number {
    return this.parts.totals.decodedTokens;
  }

  /** For tests: what runs and ended here is counted in it, beside what the pool has told. */
  get predictor(): Predictor {
    return this.learnt.predictor;
  }

  /** For tests: the context under a lane. */
  contextOf(lane: number): EngineContext {
    const found = this.placeAt(lane);
    if (found === undefined) throw new RangeError(`there is no lane ${String(lane)}`);
    return found.lane.context;
  }

  async dispose(): Promise<void> {
    this.ladder.dispose();
    for (const lane of this.laneList) await lane.dispose();
    await this.parts.served.engine.dispose();
  }

  private occupant(request: SessionRequest, prompt: readonly TokenId[], chooser?: Chooser): Occupant {
    const { served, reportsText, totals } = this.parts;
    const { kvBytesPerCell, learnt } = this;
    const features: JobFeatures = {
      model: this.model.name,
      policy: served.method.policy,
      task: request.task ?? '',
      promptTokens: prompt.length,
      limits: {
        maxTokens: request.limits.max_tokens,
        maxThoughts: request.limits.max_thoughts,
        maxThoughtTokens: request.limits.max_thought_tokens,
      },
    };
    return new Occupant(served, request, prompt, {
      kvBytesPerCell,
      reportsText,
      totals,
      features,
      boundCells: boundOf(features),
      learnt,
      ...(chooser === undefined ? {} : { chooser }),
    });
  }

  private async makeLanes(plan: LanePlan): Promise<undefined> {
    this.laneList = await this.parts.maker.make(plan);
  }

  /** No lane has a session; parked ones hold no cells. */
  private get isIdle(): boolean {
    return this.laneList.every((lane) => lane.sessions === 0);
  }

  /** A number of `lanes()` as the lane and the place in it. */
  private placeAt(number: number): Place | undefined {
    for (const lane of this.laneList) {
      const place = number - lane.number;
      if (place >= 0 && place < lane.places) return { lane, place };
    }
    return undefined;
  }

  private seated(jobId: string): { readonly occupant: Occupant; readonly lane: Lane } | undefined {
    for (const lane of this.laneList) {
      const occupant = lane.find(jobId);
      if (occupant !== undefined) return { occupant, lane };
    }
    return undefined;
  }
}

async function stepAlone(lane: Lane): Promise<SessionReport[]> {
  const reports: SessionReport[] = [];
  await lane.step(reports);
  return reports;
}
