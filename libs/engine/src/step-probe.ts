import { linearSharing, type StepTime } from '@gistpool/core';
import type { EngineContext, EngineModel, KvType, Sampler } from './binding';

export interface ProbeOptions {
  /** The processor decodes, not an accelerator: its time is counted, which other programs do not make longer. */
  readonly isOnCpu: boolean;
  readonly threads: number;
  readonly kvType: KvType;
  readonly flashAttention: boolean;
  readonly prefillChunk: number;
  /** Whether the loaded libllama lets slots share a pool. */
  readonly canShare: boolean;
}

const SLOTS = 8;
const CELLS_PER_SLOT = 256;
const STEPS = 7;
/** Cells per slot for the step over many cells, unless filling them would take too long. */
const MOST_FILL = CELLS_PER_SLOT - 2 * STEPS - 2;
const LEAST_FILL = 32;
const FILL_MS = 3_000;

/**
 * Measures what a decode step of this model costs on this device: one session, eight, eight over many cells, and the same
 * where all eight share a pool. The fastest of some steps each, sampling included, in contexts of its own; takes as long as
 * about 40 steps and eight short prompts. What is planned by depends on their ratios.
 */
export async function measureStepTime(
  model: EngineModel,
  token: number,
  options: ProbeOptions,
): Promise<StepTime> {
  const own = await probe(model, token, 1, options);
  const sessionMs = Math.max(0, (own.all.ms - own.one.ms) / (SLOTS - 1));
  const cellMs = Math.max(0, (own.full.ms - own.all.ms) / (own.full.cells - own.all.cells));
  const passMs = Math.max(0, own.one.ms - sessionMs);
  let perSession = 0;
  if (options.canShare && cellMs > 0) {
    const { full } = await probe(model, token, SLOTS, options);
    const factor = (full.ms - passMs - SLOTS * sessionMs) / (cellMs * full.cells);
    perSession = Math.max(0, (factor - 1) / (SLOTS - 1));
  }
  return { passMs, sessionMs, cellMs, sharing: linearSharing(perSession), prefillMs: own.prefillMs };
}

interface Measured {
  readonly ms: number;
  /** Live cells in the midst of the steps measured. */
  readonly cells: number;
}

interface Probed {
  readonly one: Measured;
  readonly all: Measured;
  readonly full: Measured;
  readonly prefillMs: number;
}

async function probe(
  model: EngineModel,
  token: number,
  slotsPerPool: number,
  options: ProbeOptions,
): Promise<Probed> {
  const context = await model.createContext({
    slots: SLOTS,
    cells: CELLS_PER_SLOT * slotsPerPool,
    slotsPerPool,
    batchTokens: Math.max(SLOTS, options.prefillChunk),
    threads: options.threads,
    kvType: options.kvType,
    flashAttention: options.flashAttention,
  });
  const sampler = model.createSampler();
  sampler.applyConfig({ temperature: 0 });
  const rig = new Rig(context, sampler, token, options);
  try {
    // The first decodes of a context set up its graphs.
    await rig.prefill(0, 1);
    await rig.step(1);
    const one = await rig.steps(1);
    for (let slot = 1; slot < SLOTS; slot += 1) await rig.prefill(slot, 1);
    await rig.step(SLOTS);
    const all = await rig.steps(SLOTS);

    const chunk = Math.min(options.prefillChunk, MOST_FILL - rig.cellsOf(0));
    const prefillMs = (await rig.prefill(0, chunk)) / chunk;
    const fill = Math.min(MOST_FILL, Math.max(LEAST_FILL, Math.floor(FILL_MS / (SLOTS * prefillMs))));
    for (let slot = 0; slot < SLOTS; slot += 1) {
      while (rig.cellsOf(slot) < fill)
        await rig.prefill(slot, Math.min(options.prefillChunk, fill - rig.cellsOf(slot)));
    }
    await rig.step(SLOTS);
    const full = await rig.steps(SLOTS);
    return { one, all, full, prefillMs };
  } finally {
    sampler.dispose();
    await context.dispose();
  }
}

/** Feeds the same token again and again: only time is asked for. */
class Rig {
  private readonly lengths = new Array<number>(SLOTS).fill(0);

  constructor(
    private readonly context: EngineContext,
    private readonly sampler: Sampler,
    private readonly token: number,
    private readonly options: ProbeOptions,
  ) {}

  cellsOf(slot: number): number {
    return this.lengths[slot] ?? 0;
  }

  /** Milliseconds for so many tokens in one pass. */
  async prefill(slot: number, tokens: number): Promise<number> {
    const elapsedMs = this.watch();
    this.context.beginBatch(tokens);
    this.add(slot, tokens, new Uint32Array(0));
    await this.context.decode();
    return elapsedMs();
  }

  /** One token of each of the first `sessions` slots, sampled together. */
  async step(sessions: number): Promise<number> {
    const elapsedMs = this.watch();
    this.context.beginBatch(sessions);
    for (let slot = 0; slot < sessions; slot += 1) this.add(slot, 1, Uint32Array.of(0));
    await this.context.decode();
    await Promise.all(Array.from({ length: sessions }, (_, row) => this.context.sample(row, this.sampler)));
    return elapsedMs();
  }

  async steps(sessions: number): Promise<Measured> {
    const times: number[] = [];
    let cells = 0;
    for (let index = 0; index < STEPS; index += 1) {
      times.push(await this.step(sessions));
      cells += this.lengths.reduce((sum, length, slot) => (slot < sessions ? sum + length : sum), 0) / STEPS;
    }
    return { ms: Math.min(...times), cells };
  }

  private watch(): () => number {
    const { isOnCpu, threads } = this.options;
    const started = performance.now();
    const used = process.cpuUsage();
    return () => {
      const wallMs = performance.now() - started;
      const { user, system } = process.cpuUsage(used);
      return isOnCpu ? Math.min(wallMs, (user + system) / 1000 / threads) : wallMs;
    };
  }

  private add(slot: number, tokens: number, logitIndexes: Uint32Array): void {
    this.context.add(slot, this.cellsOf(slot), new Uint32Array(tokens).fill(this.token), logitIndexes);
    this.lengths[slot] = this.cellsOf(slot) + tokens;
  }
}
