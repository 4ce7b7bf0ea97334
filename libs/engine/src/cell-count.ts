import type { EngineContext } from './binding';

/** Per live cell a state dump also holds its position, its number of sequences and that sequence. */
const CELL_HEADER_BYTES = 12;

/**
 * Counts a context's live cells. The engine tells only the lowest and highest position of a slot, but the size of its
 * state dump, which it gives without making one, grows by the same number of bytes with every live cell.
 */
export class CellCount {
  private constructor(
    private readonly context: EngineContext,
    private readonly emptyBytes: number,
    private readonly slotBytes: number,
    private readonly cellBytes: number,
  ) {}

  /** Decodes two tokens in the first slot, which must be empty and is left so. */
  static async calibrate(context: EngineContext, token: number): Promise<CellCount> {
    const sizes = [context.stateBytes()];
    for (const position of [0, 1]) {
      context.beginBatch(1);
      context.add(0, position, Uint32Array.of(token), Uint32Array.of(0));
      await context.decode();
      sizes.push(context.stateBytes());
    }
    context.clear(0);
    const [empty = 0, one = 0, two = 0] = sizes;
    return new CellCount(context, empty, one - empty - (two - one), two - one);
  }

  /** Keys and values of one cell, in all layers. */
  get kvBytesPerCell(): number {
    return this.cellBytes - CELL_HEADER_BYTES;
  }

  /** Live cells of the whole context, of which so many slots hold any. */
  count(slotsInUse: number): number {
    return (this.context.stateBytes() - this.emptyBytes - slotsInUse * this.slotBytes) / this.cellBytes;
  }
}
