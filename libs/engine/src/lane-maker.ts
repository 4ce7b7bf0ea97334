import { keptPerThought } from '@gistpool/core';
import type { Engine, EngineContext } from './binding';
import { CellCount } from './cell-count';
import { Guard } from './guard';
import { Lane } from './lane';
import { batchTokens, type LanePlan } from './lane-plan';
import { megabytes } from './numbers';
import { CardRefused, messageOf, refusing } from './refused';
import { selfTest } from './self-test';
import type { ServedModel } from './served-model';
import type { Totals } from './totals';
import type { CardOptions } from './types';

/** `gistpool bench pooled`: on a CPU tokens cost, hardly the pass; on a GPU every pass reads all weights again. */
const CPU_FILLERS_PER_TOKEN = 1 / 4;

/** Makes the contexts of a plan and tests them. */
export class LaneMaker {
  /** Numbers of lanes are not used again: what was meant for a lane that is gone finds none. */
  private nextLane = 0;
  private lastMs = 0;

  constructor(
    private readonly engine: Engine,
    private readonly served: ServedModel,
    private readonly options: CardOptions,
    private readonly totals: Totals,
  ) {}

  /** What the last lanes took to make. */
  get tookMs(): number {
    return this.lastMs;
  }

  /** All lanes of the plan; refused, none. */
  async make(plan: LanePlan): Promise<Lane[]> {
    const startedAtMs = performance.now();
    const lanes: Lane[] = [];
    try {
      for (const shape of plan.lanes) {
        const lane = await this.one(plan, shape);
        lanes.push(lane);
        this.nextLane += lane.places;
      }
      const kvBytes = lanes.reduce((sum, lane) => sum + lane.kvBytes, 0);
      if (kvBytes > plan.kvBudgetBytes)
        throw new CardRefused(
          `the lanes took ${megabytes(kvBytes)} of KV cache, as measured; the budget is ${megabytes(plan.kvBudgetBytes)}`,
        );
    } catch (error) {
      for (const lane of lanes) await lane.dispose();
      throw error;
    }
    this.lastMs = performance.now() - startedAtMs;
    return lanes;
  }

  private async one(plan: LanePlan, shape: LanePlan['lanes'][number]): Promise<Lane> {
    const { engine, served, options, totals } = this;
    const slots = shape.slots * plan.poolSessions;
    const context = await refusing(
      served.engine.createContext({
        slots,
        cells: shape.cells,
        slotsPerPool: plan.poolSessions,
        batchTokens: batchTokens(slots, options.prefillChunk),
        threads: options.threads,
        kvType: options.kvType,
        flashAttention: options.flashAttention,
      }),
      (error) => messageOf(error) + engine.takeComplaints(),
    );
    const count = await testedCount(context, served, this.nextLane);
    return new Lane(context, {
      lane: this.nextLane,
      cellsRequested: shape.cells,
      prefillChunk: options.prefillChunk,
      ...(count === undefined ? {} : { count }),
      kvBytesPerCell: count?.kvBytesPerCell ?? plan.kvBytesPerCell,
      guard: (pools) => new Guard(pools, keptPerThought(served.method.policy), options.looksAhead ?? true),
      mostFillersPerToken: engine.deviceName === 'cpu' ? CPU_FILLERS_PER_TOKEN : Infinity,
      totals,
    });
  }
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
