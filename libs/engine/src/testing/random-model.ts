import { type MetadataEntry, type TensorEntry, writeGguf } from './gguf-writer';

export interface RandomModelOptions {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly ffn: number;
  /** Tokens in all: 256 bytes, control tokens, and made-up words up to this number. */
  readonly vocab: number;
  readonly dtype: 'f32' | 'q8_0';
  readonly seed: number;
  /** LightThinker control tokens with so many gists; left out: a plain chat model. */
  readonly gists?: number;
  readonly contextLength?: number;
  readonly chatTemplate?: string | null;
  /** Further metadata, or other values for what is written by default. */
  readonly metadata?: ReadonlyMap<string, MetadataEntry>;
}

const CHATML =
  "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}" +
  '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';

const NORMAL = 1;
const CONTROL = 3;

/** The character that stands for a byte in a GPT-2 style vocabulary. */
export function byteCharacters(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

function controlTokens(gists: number | undefined): string[] {
  const chat = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
  if (gists === undefined) return chat;
  const row = Array.from({ length: gists }, (_, index) => `<|o_${String(index)}|>`);
  return [...chat, '<|splitter|>', ...row, '<|continue|>', '<|begin_of_solution|>'];
}

/** xorshift32: fast, and the same numbers on every machine. */
function randomWords(seed: number): (words: Int32Array) => void {
  let state = (seed * 2654435761 + 0x9e3779b9) | 0 || 1;
  return (words) => {
    for (let index = 0; index < words.length; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[index] = state;
    }
  };
}

const Q8_BLOCK_BYTES = 34;

/** IEEE half of a small positive number, exact enough for a scale. */
function half(value: number): number {
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) | Math.round((value / 2 ** exponent - 1) * 1023);
}

/**
 * A qwen2 model of random weights with a byte-level vocabulary: it talks nonsense, exactly as fast as a real model of
 * its shape. For tests and benchmarks.
 */
export function writeRandomModel(path: string, options: RandomModelOptions): void {
  const control = controlTokens(options.gists);
  const tokens = [...byteCharacters(), ...control];
  const types = [...new Array<number>(256).fill(NORMAL), ...control.map(() => CONTROL)];
  const merged = 'th';
  tokens.push(merged);
  types.push(NORMAL);
  if (tokens.length > options.vocab) {
    throw new Error(
      `a vocabulary of ${String(options.vocab)} is too small: ${String(tokens.length)} tokens are needed`,
    );
  }
  while (tokens.length < options.vocab) {
    tokens.push(`w${String(tokens.length)}`);
    types.push(NORMAL);
  }

  const metadata = new Map<string, MetadataEntry>([
    ['general.architecture', { type: 'string', value: 'qwen2' }],
    ['general.name', { type: 'string', value: 'random' }],
    ['qwen2.block_count', { type: 'u32', value: options.layers }],
    ['qwen2.context_length', { type: 'u32', value: options.contextLength ?? 32_768 }],
    ['qwen2.embedding_length', { type: 'u32', value: options.width }],
    ['qwen2.feed_forward_length', { type: 'u32', value: options.ffn }],
    ['qwen2.attention.head_count', { type: 'u32', value: options.heads }],
    ['qwen2.attention.head_count_kv', { type: 'u32', value: options.kvHeads }],
    ['qwen2.attention.layer_norm_rms_epsilon', { type: 'f32', value: 1e-6 }],
    ['qwen2.rope.freq_base', { type: 'f32', value: 10_000 }],
    ['tokenizer.ggml.model', { type: 'string', value: 'gpt2' }],
    ['tokenizer.ggml.pre', { type: 'string', value: 'qwen2' }],
    ['tokenizer.ggml.tokens', { type: 'strings', value: tokens }],
    ['tokenizer.ggml.token_type', { type: 'i32s', value: types }],
    ['tokenizer.ggml.merges', { type: 'strings', value: ['t h'] }],
    ['tokenizer.ggml.eos_token_id', { type: 'u32', value: tokens.indexOf('<|im_end|>') }],
    ['tokenizer.ggml.bos_token_id', { type: 'u32', value: tokens.indexOf('<|endoftext|>') }],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: false }],
  ]);
  const template = options.chatTemplate === undefined ? CHATML : options.chatTemplate;
  if (template !== null) metadata.set('tokenizer.chat_template', { type: 'string', value: template });
  for (const [key, entry] of options.metadata ?? []) metadata.set(key, entry);

  writeGguf(path, metadata, tensorsOf(options));
}

function tensorsOf(options: RandomModelOptions): TensorEntry[] {
  const words = randomWords(options.seed);

  const matrix = (name: string, columns: number, rows: number, scale = 1): TensorEntry => ({
    name,
    shape: [columns, rows],
    type: options.dtype,
    fill: (bytes) => {
      // Uniform numbers of this half width have the deviation scale / sqrt(columns).
      const width = scale * Math.sqrt(3 / columns);
      if (options.dtype === 'f32') {
        const raw = new Int32Array(bytes.length / 4);
        words(raw);
        const values = new Float32Array(bytes.buffer, bytes.byteOffset, raw.length);
        for (let index = 0; index < raw.length; index++)
          values[index] = ((raw[index] ?? 0) / 2 ** 31) * width;
        return;
      }
      const raw = new Int32Array(Math.ceil(bytes.length / 4));
      words(raw);
      bytes.set(new Uint8Array(raw.buffer, 0, bytes.length));
      const blockScale = half(width / 127);
      for (let block = 0; block < bytes.length; block += Q8_BLOCK_BYTES) {
        bytes[block] = blockScale & 0xff;
        bytes[block + 1] = blockScale >> 8;
      }
    },
  });
  const vector = (name: string, length: number, value: number): TensorEntry => ({
    name,
    shape: [length],
    type: 'f32',
    fill: (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, length).fill(value),
  });

  const { width, ffn } = options;
  const headWidth = width / options.heads;
  const kvWidth = headWidth * options.kvHeads;
  const tensors = [
    matrix('token_embd.weight', width, options.vocab, Math.sqrt(width)),
    vector('output_norm.weight', width, 1),
    matrix('output.weight', width, options.vocab, 3),
  ];
  for (let layer = 0; layer < options.layers; layer++) {
    const block = `blk.${String(layer)}`;
    tensors.push(
      vector(`${block}.attn_norm.weight`, width, 1),
      matrix(`${block}.attn_q.weight`, width, width, 2),
      vector(`${block}.attn_q.bias`, width, 0),
      matrix(`${block}.attn_k.weight`, width, kvWidth, 2),
      vector(`${block}.attn_k.bias`, kvWidth, 0),
      matrix(`${block}.attn_v.weight`, width, kvWidth),
      vector(`${block}.attn_v.bias`, kvWidth, 0),
      matrix(`${block}.attn_output.weight`, width, width, 2),
      vector(`${block}.ffn_norm.weight`, width, 1),
      matrix(`${block}.ffn_gate.weight`, width, ffn),
      matrix(`${block}.ffn_up.weight`, width, ffn),
      matrix(`${block}.ffn_down.weight`, ffn, width),
    );
  }
  return tensors;
}
