import { closeSync, openSync, writeSync } from 'node:fs';

/** One metadata value with its GGUF type. */
export type MetadataEntry =
  | { readonly type: 'u32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s'; readonly value: readonly number[] };

export interface TensorEntry {
  readonly name: string;
  /** Fastest running dimension first, as GGUF writes it. */
  readonly shape: readonly number[];
  readonly type: 'f32' | 'q8_0';
  /** Fills the tensor's bytes. */
  readonly fill: (bytes: Uint8Array) => void;
}

const ALIGNMENT = 32;
const GGUF_TYPE = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
const GGML_TYPE = { f32: 0, q8_0: 8 } as const;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

export function tensorBytes(tensor: Pick<TensorEntry, 'shape' | 'type'>): number {
  const elements = tensor.shape.reduce((product, size) => product * size, 1);
  return tensor.type === 'f32' ? elements * 4 : (elements / 32) * 34;
}

class HeaderBytes {
  private readonly parts: Buffer[] = [];

  u32(value: number): void {
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value);
    this.parts.push(part);
  }

  u64(value: number): void {
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(BigInt(value));
    this.parts.push(part);
  }

  string(value: string): void {
    const text = Buffer.from(value, 'utf8');
    this.u64(text.length);
    this.parts.push(text);
  }

  entry(key: string, entry: MetadataEntry): void {
    this.string(key);
    switch (entry.type) {
      case 'u32':
        this.u32(GGUF_TYPE.u32);
        return this.u32(entry.value);
      case 'f32': {
        this.u32(GGUF_TYPE.f32);
        const part = Buffer.alloc(4);
        part.writeFloatLE(entry.value);
        this.parts.push(part);
        return;
      }
      case 'bool':
        this.u32(GGUF_TYPE.bool);
        this.parts.push(Buffer.from([entry.value ? 1 : 0]));
        return;
      case 'string':
        this.u32(GGUF_TYPE.string);
        return this.string(entry.value);
      case 'strings':
        this.arrayHead(GGUF_TYPE.string, entry.value.length);
        for (const text of entry.value) this.string(text);
        return;
      case 'i32s':
        this.arrayHead(GGUF_TYPE.i32, entry.value.length);
        this.parts.push(Buffer.from(Int32Array.from(entry.value).buffer));
        return;
    }
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }

  private arrayHead(type: number, length: number): void {
    this.u32(GGUF_TYPE.array);
    this.u32(type);
    this.u64(length);
  }
}

/** Writes a GGUF file of version 3, one tensor at a time, so that a large model needs little memory. */
export function writeGguf(
  path: string,
  metadata: ReadonlyMap<string, MetadataEntry>,
  tensors: readonly TensorEntry[],
): void {
  const header = new HeaderBytes();
  header.u32(0x46554747);
  header.u32(3);
  header.u64(tensors.length);
  header.u64(metadata.size);
  for (const [key, entry] of metadata) header.entry(key, entry);
  let offset = 0;
  for (const tensor of tensors) {
    header.string(tensor.name);
    header.u32(tensor.shape.length);
    for (const size of tensor.shape) header.u64(size);
    header.u32(GGML_TYPE[tensor.type]);
    header.u64(offset);
    offset += aligned(tensorBytes(tensor));
  }
  const head = header.bytes();
  const file = openSync(path, 'w');
  try {
    writeSync(file, head);
    writeSync(file, Buffer.alloc(aligned(head.length) - head.length));
    for (const tensor of tensors) {
      const bytes = tensorBytes(tensor);
      const data = new Uint8Array(aligned(bytes));
      tensor.fill(data.subarray(0, bytes));
      writeSync(file, data);
    }
  } finally {
    closeSync(file);
  }
}
