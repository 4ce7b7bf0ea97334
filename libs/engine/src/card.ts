import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LaneView, Message, ModelInfo } from '@gistpool/contracts';
import { type Policy, type SessionCheckpoint, type TokenId, upperBoundPeakCells } from '@gistpool/core';
import type { EngineContext } from './binding';
import type { Lane } from './lane';
import { type Chooser, Occupant } from './occupant';
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
}

/** A session out of its slot, with its cells in a file. */
export interface Parked {
  readonly occupant: Occupant;
  readonly path: string;
  readonly lane: Lane;
}

/** Lanes on one device that step together. */
export class LaneCard implements Card {
  readonly model: ModelInfo;
  readonly device: string;
  readonly kvBudgetBytes: number;
  private steps = 0;

  constructor(private readonly parts: CardParts) {
    const { served, laneList, kvBytesPerCell } = parts;
    const { file, method } = served;
    this.device = parts.device;
    this.kvBudgetBytes = parts.kvBudgetBytes;
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
    return this.parts.laneList.reduce((count, lane) => count + lane.sessions, 0);
  }

  admit(request: SessionRequest): Refusal | undefined {
    return this.admitPrompt(request, this.parts.served.prompts.tokens(request.messages));
  }

  /** As `admit`, with the prompt's tokens given; a `chooser` takes the place of the sampler. */
  admitPrompt(request: SessionRequest, prompt: readonly TokenId[], chooser?: Chooser): Refusal | undefined {
    const found = this.placeAt(request.lane);
    if (found === undefined) return { code: 'unknown-lane', lane: request.lane };
    const { lane, place } = found;
    const needsCells = this.mostCells(request, prompt);
    if (needsCells > lane.slotCells) return { code: 'does-not-fit', needsCells, slotCells: lane.slotCells };
    const code = lane.refusal(needsCells, place);
    if (code !== undefined) return { code, lane: request.lane };
    lane.seat(this.occupant(request, prompt, chooser), place);
    return undefined;
  }

  /** For tests of what must not happen: takes a session in without asking whether it fits. */
  seatUnchecked(request: SessionRequest, prompt: readonly TokenId[]): void {
    const found = this.placeAt(request.lane);
    found?.lane.seat(this.occupant(request, prompt), found.place);
  }

  /** Moves a running session to another pool of its lane. False: it is not here, or has no room there. */
  async move(jobId: string, to: number): Promise<boolean> {
    const target = this.placeAt(to);
    const occupant = this.find(jobId);
    if (target === undefined || occupant === undefined || target.lane.find(jobId) === undefined) return false;
    if (target.lane.refusal(occupant.claimedCells, target.place) !== undefined) return false;
    await target.lane.move(jobId, target.place, this.scratch(jobId));
    await rm(this.scratch(jobId), { force: true });
    return true;
  }

  /** Takes a session out with its cells in a file. Undefined: it is not here. */
  async park(jobId: string, path: string): Promise<Parked | undefined> {
    for (const lane of this.parts.laneList) {
      const occupant = await lane.park(jobId, path);
      if (occupant !== undefined) return { occupant, path, lane };
    }
    return undefined;
  }

  /** Lets a parked session go on in a place of the lane it came from. False: no room there now. */
  async unpark(parked: Parked, to: number): Promise<boolean> {
    const target = this.placeAt(to);
    if (target === undefined || target.lane !== parked.lane) return false;
    if (target.lane.refusal(parked.occupant.claimedCells, target.place) !== undefined) return false;
    await target.lane.unpark(parked.occupant, target.place, parked.path);
    return true;
  }

  cancel(jobId: string): boolean {
    const occupant = this.find(jobId);
    if (occupant === undefined) return false;
    occupant.isCancelled = true;
    return true;
  }

  evict(jobId: string): SessionCheckpoint | undefined {
    for (const lane of this.parts.laneList) {
      const checkpoint = lane.evict(jobId);
      if (checkpoint !== undefined) return checkpoint;
    }
    return undefined;
  }

  async step(): Promise<SessionReport[]> {
    const reports: SessionReport[] = [];
    const active = this.parts.laneList.filter((lane) => lane.sessions > 0);
    if (active.length === 0) return reports;
    this.steps++;
    const [first, ...others] = active;
    if (others.length === 0) await first?.step(reports);
    else for (const more of await Promise.all(active.map(stepAlone))) reports.push(...more);
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
    for (const lane of this.parts.laneList) await lane.dispose();
    await this.parts.served.engine.dispose();
  }

  private occupant(request: SessionRequest, prompt: readonly TokenId[], chooser?: Chooser): Occupant {
    const { served, kvBytesPerCell, reportsText, totals } = this.parts;
    return new Occupant(served, request, prompt, {
      kvBytesPerCell,
      reportsText,
      totals,
      claimedCells: this.mostCells(request, prompt),
      ...(chooser === undefined ? {} : { chooser }),
    });
  }

  private mostCells(request: SessionRequest, prompt: readonly TokenId[]): number {
    return upperBoundPeakCells(this.parts.served.method.policy, prompt.length, {
      maxTokens: request.limits.max_tokens,
      maxThoughts: request.limits.max_thoughts,
      maxThoughtTokens: request.limits.max_thought_tokens,
    });
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

  private scratch(jobId: string): string {
    return join(tmpdir(), `gistpool-${String(process.pid)}-${jobId.replace(/[^\w.-]/g, '_')}.cells`);
  }

  private find(jobId: string): Occupant | undefined {
    for (const lane of this.parts.laneList) {
      const occupant = lane.find(jobId);
      if (occupant !== undefined) return occupant;
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
