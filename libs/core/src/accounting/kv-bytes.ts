/** Of an attention cache; dimensions are per head, in elements. */
export interface KvShape {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDimK: number;
  readonly headDimV: number;
  /** 4 for f32, 2 for f16, 1.0625 for q8_0 (34 bytes per 32 elements). */
  readonly bytesPerElement: number;
}

/** Bytes of one cell: keys and values of every layer. Qwen2.5-7B in f16: 57,344; Llama3.1-8B: 131,072. */
export const kvBytesPerCell = (shape: KvShape): number =>
  shape.layers * shape.kvHeads * (shape.headDimK + shape.headDimV) * shape.bytesPerElement;
