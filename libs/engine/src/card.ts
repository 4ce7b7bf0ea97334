import type { LaneView, Message, ModelInfo } from '@gistpool/contracts';
import {
  boundOf,
  type JobFeatures,
  type Policy,
  type Predictor,
  type SessionCheckpoint,
  type TokenId,
} from '@gistpool/core';
import type { EngineContext } from './binding';
import { Ladder, type Place } from './ladder';
import type { Lane } from './lane';
import { type Chooser, Occupant } from './occupant';
import type { ParkFolder } from './park-folder';
import type { ServedModel } from './served-model';
import type { Totals } from './totals';
import type { Card, CardTotals, Refusal, SessionReport, SessionRequest } from './types';

export interface CardParts {
  readonly modelName: string;
  readonly device: string;
  readonly served: ServedModel;
  readonly laneList: readonly Lane[];
  readonly totals: Totals;
  readonly kvBudgetBytes: number;
  readonly kvBytesPerCell: number;
  readonly reportsText: boolean;
  readonly predictor: Predictor;
  /** Left out: who would be parked is handed back. */
  readonly park?: ParkFolder;
}

/** Lanes on one device that step together. */
export class LaneCard implements Card {
  readonly model: ModelInfo;
  readonly device: string;
  readonly kvBudgetBytes: number;
  private readonly ladder: Ladder;
  private steps = 0;

  constructor(private readonly parts: CardParts) {
    const { served, laneList, kvBytesPerCell } = parts;
    const { file, method } = served;
    this.device = parts.device;
    this.kvBudgetBytes = parts.kvBudgetBytes;
    this.ladder = new Ladder({
      lanes: laneList,
      ...(parts.park === undefined ? {} : { park: parts.park }),
      numberOf: (place) => this.numberOf(place),
      kvBytesPerCell,
    });
    this.model = {
      name: parts.modelName,
      method: method.policy.kind,
      architecture: file.architecture,
      width: file.width,
      gist_count: method.gistCount,
      policy: shapeOf(method.policy),
      kv_bytes_per_cell: kvBytesPerCell,
      largest_slot_cells: Math.max(...laneList.map((lane) => lane.slotCells)),
      default_limits: method.defaultLimits,
    };
  }

  get kvBytes(): number {
    return this.parts.laneList.reduce((sum, lane) => sum + lane.kvBytes, 0);
  }

  countTokens(messages: readonly Message[]): number {
    return this.parts.served.prompts.tokens(messages).length;
  }

  lanes(): LaneView[] {
    return this.parts.laneList.flatMap((lane) => lane.views());
  }

  sessions(): number {
    return this.parts.laneList.reduce((count, lane) => count + lane.sessions, this.ladder.size);
  }

  /** Those that wait for room, out of their slots; `sessions` counts them, too. */
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
    return found !== undefined && this.ladder.park(found.occupant, found.lane, reports);
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
    return found?.lane.evict(found.occupant);
  }

  async step(): Promise<SessionReport[]> {
    const reports: SessionReport[] = [];
    if (this.ladder.size > 0) await this.ladder.comeBack(reports);
    const { laneList } = this.parts;
    const active = laneList.filter((lane) => lane.sessions > 0);
    if (active.length === 0) return reports;
    this.steps++;
    const [first, ...others] = active;
    if (others.length === 0) await first?.step(reports);
    else for (const more of await Promise.all(active.map(stepAlone))) reports.push(...more);
    for (const lane of active) await this.ladder.relieve(lane, reports);
    return reports;
  }

  check(): string[] {
    return this.parts.laneList.flatMap((lane) => lane.check());
  }

  totals(): CardTotals {
    const { generatedTokens, compressions, samplingMs } = this.parts.totals;
    return { generatedTokens, compressions, samplingMs, steps: this.steps };
  }

  /** Tokens of all decodes but prefill: sampled ones and what compression feeds. What a benchmark of the engine counts. */
  get decodedTokens(): number {
    return this.parts.totals.decodedTokens;
  }

  /** For tests: the context under a lane. */
  contextOf(lane: number): EngineContext {
    const found = this.placeAt(lane);
    if (found === undefined) throw new RangeError(`there is no lane ${String(lane)}`);
    return found.lane.context;
  }

  async dispose(): Promise<void> {
    this.ladder.dispose();
    for (const lane of this.parts.laneList) await lane.dispose();
    await this.parts.served.engine.dispose();
  }

  private occupant(request: SessionRequest, prompt: readonly TokenId[], chooser?: Chooser): Occupant {
    const { served, kvBytesPerCell, reportsText, totals, predictor } = this.parts;
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
      predictor,
      ...(chooser === undefined ? {} : { chooser }),
    });
  }

  private numberOf({ lane, place }: Place): number {
    let first = 0;
    for (const one of this.parts.laneList) {
      if (one === lane) break;
      first += one.places;
    }
    return first + place;
  }

  /** A number of `lanes()` as the lane and the place in it. */
  private placeAt(number: number): { readonly lane: Lane; readonly place: number } | undefined {
    let first = 0;
    for (const lane of this.parts.laneList) {
      if (number >= first && number < first + lane.places) return { lane, place: number - first };
      first += lane.places;
    }
    return undefined;
  }

  private seated(jobId: string): { readonly occupant: Occupant; readonly lane: Lane } | undefined {
    for (const lane of this.parts.laneList) {
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

/** What of a policy, besides the gists, decides how many cells a job can hold at most. */
function shapeOf(policy: Policy): ModelInfo['policy'] {
  switch (policy.kind) {
    case 'lightthinker':
      return {
        ...(policy.lagThoughts === undefined ? {} : { lag_thoughts: policy.lagThoughts }),
        ...(policy.everyTokens === undefined ? {} : { every_tokens: policy.everyTokens }),
      };
    case 'window':
      return { first_tokens: policy.firstTokens, last_tokens: policy.lastTokens };
    case 'memento':
    case 'vanilla':
      return {};
  }
}
