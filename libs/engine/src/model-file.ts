import { stat } from 'node:fs/promises';
import { type GgufFileInfo, type GgufTensorInfo, readGgufFileInfo } from 'node-llama-cpp';
import { faultOfHeader } from './gguf-header';
import { megabytes } from './numbers';
import type { ModelRefused } from './types';

/** What a GGUF file says about itself, read without loading it. */
export interface ModelFile {
  readonly path: string;
  readonly bytes: number;
  readonly architecture: string;
  readonly trainContext: number;
  readonly width: number;
  readonly layers: number;
  /** KV heads summed over all layers. */
  readonly kvHeads: number;
  readonly headDimK: number;
  readonly headDimV: number;
  /** Old tokens drop out of a sliding window by themselves, so live cells cannot be counted there. */
  readonly hasSlidingWindow: boolean;
  /** By token id. */
  readonly vocabulary: readonly string[];
  readonly chatTemplate: string | undefined;
  /** Metadata under `gistpool.`, by the rest of the key. */
  readonly settings: ReadonlyMap<string, unknown>;
}

/** What must be known of the engine to judge a file. */
export interface EngineFacts {
  supportsArchitecture(architecture: string): boolean;
  tensorBytes(type: number, elements: number): number | undefined;
}

export type Inspection =
  { readonly ok: true; readonly file: ModelFile } | { readonly ok: false; readonly refused: ModelRefused };

const SPLIT_NAME = /-(\d{5})-of-(\d{5})\.gguf$/;

class Refusal extends Error {}

/** Reads the header and refuses what the engine could not load, or would crash on, with a reason in one sentence. */
export async function inspectModelFile(path: string, engine: EngineFacts): Promise<Inspection> {
  try {
    await requireFile(path);
    const info = await readHeader(path);
    requireTensorData(info, engine, await sizesOf(path, info.splicedParts));
    return { ok: true, file: describe(path, info, engine) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, refused: { path, reason: error.message } };
    throw error;
  }
}

async function requireFile(path: string): Promise<void> {
  let found;
  try {
    found = await stat(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Refusal(code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`);
  }
  if (found.isDirectory()) throw new Refusal('this is a directory, not a GGUF file');
  if (!found.isFile()) throw new Refusal('this is not a regular file');
  if (found.size === 0) throw new Refusal('the file is empty (0 bytes)');
}

async function readHeader(path: string): Promise<GgufFileInfo> {
  const fault = await faultOfHeader(path);
  if (fault !== undefined) throw new Refusal(fault);
  try {
    return await readGgufFileInfo(path, { sourceType: 'filesystem', logWarnings: false });
  } catch (error) {
    throw new Refusal(
      `the GGUF header cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function sizesOf(path: string, parts: number): Promise<number[]> {
  const match = SPLIT_NAME.exec(path);
  if (parts === 1 || match === null) return [(await stat(path)).size];
  const total = match[2] ?? '';
  return Promise.all(
    Array.from({ length: parts }, async (_, index) => {
      const part = String(index + 1).padStart(5, '0');
      return (await stat(path.replace(SPLIT_NAME, `-${part}-of-${total}.gguf`))).size;
    }),
  );
}

function requireTensorData(info: GgufFileInfo, engine: EngineFacts, sizes: readonly number[]): void {
  const tensors = info.fullTensorInfo ?? [];
  if (tensors.length === 0)
    throw new Refusal('the file holds no tensors: a vocabulary alone cannot be served');
  for (const tensor of tensors) {
    const size = sizes[tensor.filePart - 1] ?? 0;
    const end = Number(tensor.fileOffset) + bytesOf(tensor, engine);
    if (end > size) {
      throw new Refusal(
        `the file is cut off: tensor ${tensor.name} ends at byte ${String(end)}, the file at ${String(size)} ` +
          `(${megabytes(size)}). Fetch it again`,
      );
    }
  }
}

function bytesOf(tensor: GgufTensorInfo, engine: EngineFacts): number {
  const elements = tensor.dimensions.reduce<number>((product, size) => product * Number(size), 1);
  const bytes = engine.tensorBytes(tensor.ggmlType, elements);
  if (bytes === undefined) {
    throw new Refusal(
      `tensor ${tensor.name} has type ${String(tensor.ggmlType)}, which this engine does not know`,
    );
  }
  return bytes;
}

function describe(path: string, info: GgufFileInfo, engine: EngineFacts): ModelFile {
  const general = record(record(info.metadata)['general']);
  const architecture = text(general['architecture']);
  if (architecture === undefined)
    throw new Refusal('the metadata names no architecture (general.architecture)');
  const kind = text(general['type']);
  if (kind !== undefined && kind !== 'model') {
    throw new Refusal(
      `the file is of type "${kind}" (general.type), not a whole model; merge it into its base model first`,
    );
  }
  if (!engine.supportsArchitecture(architecture)) {
    throw new Refusal(`architecture "${architecture}" is not supported by this engine`);
  }
  const own = record(info.architectureMetadata);
  const attention = record(own['attention']);
  if (attention['causal'] === false || own['pooling_type'] !== undefined) {
    throw new Refusal(`the model (architecture "${architecture}") makes embeddings and cannot generate text`);
  }
  const tokenizer = record(record(info.metadata)['tokenizer']);
  const vocabulary = record(tokenizer['ggml'])['tokens'];
  if (!Array.isArray(vocabulary) || vocabulary.length === 0)
    throw new Refusal('the file holds no tokenizer (tokenizer.ggml.tokens)');

  const layers = requireNumber(own, 'block_count', architecture);
  const width = requireNumber(own, 'embedding_length', architecture);
  const heads = numbers(attention['head_count'], layers);
  const kvHeads =
    attention['head_count_kv'] === undefined ? heads : numbers(attention['head_count_kv'], layers);
  const headDim = width / Math.max(1, heads[0] ?? 1);
  return {
    path,
    bytes: info.fullTensorInfo?.reduce((sum, tensor) => sum + bytesOf(tensor, engine), 0) ?? 0,
    architecture,
    trainContext: number(own['context_length']) ?? 0,
    width,
    layers,
    kvHeads: kvHeads.reduce((sum, count) => sum + count, 0),
    headDimK: number(attention['key_length']) ?? headDim,
    headDimV: number(attention['value_length']) ?? headDim,
    hasSlidingWindow: (number(attention['sliding_window']) ?? 0) > 0,
    vocabulary: vocabulary.map(String),
    chatTemplate: text(tokenizer['chat_template']),
    settings: new Map(Object.entries(record(record(info.metadata)['gistpool']))),
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : undefined;
}

function requireNumber(from: Readonly<Record<string, unknown>>, key: string, architecture: string): number {
  const value = number(from[key]);
  if (value === undefined) throw new Refusal(`the metadata lacks ${architecture}.${key}`);
  return value;
}

/** A head count is one number for all layers, or one per layer. */
function numbers(value: unknown, layers: number): number[] {
  if (Array.isArray(value)) return value.map((entry) => number(entry) ?? 0);
  return new Array<number>(layers).fill(number(value) ?? 0);
}
