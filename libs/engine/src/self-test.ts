import type { EngineContext, Sampler } from './binding';
import type { CellCount } from './cell-count';
import type { ServedModel } from './served-model';

/** Parts of the played session, in tokens: a prompt, then two spans that are evicted once their gist has seen them. */
const PROMPT = 4;
const SPAN = 3;
const LENGTH = PROMPT + 2 * (SPAN + 1) + 1;
export const SELF_TEST_TOKENS = LENGTH;

/** Logits are compared at so many tokens spread over the vocabulary. */
const PROBES = 64;
/** Batches of other shapes add in another order; half-precision caches make that visible. */
const ROUNDING = 0.1;

/**
 * Plays a session with two compressions twice: in rows, alone; and token by token, in another slot with a neighbour.
 * Both must come to the same logits, positions and number of cells, and to other logits than without eviction. This is
 * what resuming by replay and decoding side by side rest on. Returns what is wrong, with numbers; leaves all slots empty.
 */
export async function selfTest(
  context: EngineContext,
  served: ServedModel,
  count: CellCount | undefined,
): Promise<string[]> {
  const evicts = served.method.policy.kind !== 'vanilla';
  const tokens = playedTokens(served);
  const sampler = served.engine.createSampler();
  sampler.applyConfig({ temperature: 0 });
  const player = new Player(context, sampler, tokens, probesOf(served.file.vocabulary.length));
  const slot = context.slots - 1;
  const wrong: string[] = [];
  try {
    const rows = await player.inRows(0, evicts);
    context.clear(0);
    const whole = await player.inRows(0, false);
    context.clear(0);
    const dripped = await player.dripped(slot, evicts);

    const { first, last } = context.positions(slot);
    if (first !== 0 || last !== LENGTH - 1) {
      wrong.push(`positions are ${String(first)} to ${String(last)} instead of 0 to ${String(LENGTH - 1)}`);
    }
    const neighbours = slot === 0 ? 0 : LENGTH;
    const expected = neighbours + LENGTH - (evicts ? 2 * SPAN : 0);
    const cells = count?.count(slot < context.slotsPerPool ? 1 : 2);
    if (cells !== undefined && cells !== expected) {
      wrong.push(`${String(cells)} cells are live instead of ${String(expected)}`);
    }
    const difference = largestDifference(rows, dripped);
    const effect = largestDifference(whole, rows);
    if (!(difference <= Math.max(ROUNDING, effect / 4))) {
      wrong.push(
        `a session replayed in rows differs from the same one decoded beside a neighbour by ${difference.toFixed(4)} ` +
          `in a logit (eviction itself moves them by ${effect.toFixed(4)})`,
      );
    }
    if (evicts && effect === 0) wrong.push('evicting two spans changes no logit, so it hides nothing');
  } finally {
    sampler.dispose();
    context.clear(0);
    context.clear(slot);
  }
  return wrong;
}

class Player {
  private readonly one = new Uint32Array(1);

  constructor(
    private readonly context: EngineContext,
    private readonly sampler: Sampler,
    private readonly tokens: Uint32Array,
    private readonly probes: readonly number[],
  ) {}

  async inRows(slot: number, evicts: boolean): Promise<number[]> {
    const ends = [PROMPT, PROMPT + SPAN + 1, PROMPT + 2 * (SPAN + 1), LENGTH];
    let start = 0;
    for (const end of ends) {
      this.context.beginBatch(end - start);
      this.context.add(slot, start, this.tokens.subarray(start, end), Uint32Array.of(end - start - 1));
      await this.context.decode();
      if (evicts) this.evictAfter(slot, end - 1);
      start = end;
    }
    return this.context.logits(LENGTH - (ends.at(-2) ?? 0) - 1, this.sampler, this.probes);
  }

  /** Token by token, with another text in the first slot unless that is this one. */
  async dripped(slot: number, evicts: boolean): Promise<number[]> {
    const hasNeighbour = slot !== 0;
    for (let position = 0; position < LENGTH; position++) {
      this.context.beginBatch(hasNeighbour ? 2 : 1);
      if (hasNeighbour) this.add(0, position, LENGTH - 1 - position);
      this.add(slot, position, position);
      await this.context.decode();
      if (evicts) this.evictAfter(slot, position);
    }
    return this.context.logits(hasNeighbour ? 1 : 0, this.sampler, this.probes);
  }

  private add(slot: number, position: number, tokenAt: number): void {
    this.one[0] = this.tokens[tokenAt] ?? 0;
    this.context.add(slot, position, this.one, Uint32Array.of(0));
  }

  private evictAfter(slot: number, position: number): void {
    const isGist = position === PROMPT + SPAN || position === PROMPT + 2 * SPAN + 1;
    if (isGist) this.context.evict(slot, position - SPAN, position);
  }
}

function playedTokens(served: ServedModel): Uint32Array {
  const text = served.engine.tokenize('Seven plus five is twelve, and twelve less three is nine.', false);
  return Uint32Array.from({ length: LENGTH }, (_, index) => text[index % Math.max(1, text.length)] ?? 0);
}

function probesOf(vocabulary: number): number[] {
  const step = Math.max(1, Math.floor(vocabulary / PROBES));
  return Array.from({ length: Math.min(PROBES, vocabulary) }, (_, index) => index * step);
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  let largest = 0;
  for (let index = 0; index < a.length; index++) {
    const difference = Math.abs((a[index] ?? NaN) - (b[index] ?? NaN));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
