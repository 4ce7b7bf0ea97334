import {
  getLlama,
  getModuleVersion,
  type Llama,
  LlamaJsonSchemaGrammar,
  LlamaLogLevel,
  type LlamaModel,
} from 'node-llama-cpp';
import { fitCellsFile } from './cells-file';
import { loadPooledLibrary, withSharedStreams } from './pooled-loader';

/**
 * The only file that knows node-llama-cpp's internals. The public sequence API shifts positions after an eviction and
 * shuffles the batch; the binding underneath does neither. It is internal, so its version is pinned and its methods
 * are looked for at start. It validates nothing and has no lock: a wrong sequence number ends the process, and nothing
 * may be called on a context while one of its decodes runs.
 */
export const PINNED_VERSION = '3.22.1';

const CONTEXT_METHODS = [
  'init',
  'dispose',
  'getContextSize',
  'initBatch',
  'addToBatch',
  'decodeBatch',
  'sampleToken',
  'disposeSequence',
  'removeTokenCellsFromSequence',
  'getSequenceKvCacheMinPosition',
  'getSequenceKvCacheMaxPosition',
  'getStateSize',
  'copySequenceStateFromOtherSequence',
  'saveSequenceStateToFile',
  'loadSequenceStateFromFile',
] as const;

const MODEL_METHODS = ['tokenize', 'detokenize', 'getTokenAttributes', 'isEogToken'] as const;

const BINDING_METHODS = [
  'AddonContext',
  'AddonSampler',
  'AddonGrammar',
  'AddonGrammarEvaluationState',
  'getBlockSizeForGgmlType',
  'getTypeSizeForGgmlType',
  'getIsArchSupported',
  'getIsArchRecurrent',
  'getIsArchHybrid',
] as const;

/** LLAMA_TOKEN_ATTR_CONTROL and LLAMA_TOKEN_ATTR_USER_DEFINED. */
const SPECIAL_ATTRIBUTES = (1 << 3) | (1 << 4);

/** How far a text is in a grammar. It holds its grammar and its model. */
interface RawGrammarState {
  readonly _isGrammarState?: never;
}

interface RawSampler {
  applyConfig(config: SamplerConfig): void;
  dispose(): void;
}

/** Probabilities and logits are flat lists of token, value, token, value. */
type SampleAnswer = readonly [
  token: number,
  probabilities: readonly number[] | undefined,
  confidence: number | undefined,
  logits: readonly number[] | undefined,
  /** Sum of e to the power of (logit - highest logit). */
  totalWeight: number | undefined,
];

/** Tokens wanted, and besides them. */
type LogitFilter = readonly [
  tokens: readonly number[],
  highest: false,
  lowest: false,
  selected: boolean,
  top: number,
];

interface RawContext {
  init(): Promise<boolean>;
  dispose(): Promise<void>;
  getContextSize(): number;
  initBatch(tokens: number): void;
  addToBatch(
    slot: number,
    firstPosition: number,
    tokens: Uint32Array,
    logitIndexes: Uint32Array,
  ): Uint32Array;
  decodeBatch(): Promise<void>;
  sampleToken(row: number, sampler: RawSampler): Promise<number>;
  sampleToken(
    row: number,
    sampler: RawSampler,
    probabilities: boolean,
    confidence?: boolean,
    logits?: LogitFilter | true,
    totalWeight?: boolean,
  ): Promise<SampleAnswer>;
  disposeSequence(slot: number): void;
  removeTokenCellsFromSequence(slot: number, start: number, end: number): boolean;
  getSequenceKvCacheMinPosition(slot: number): number;
  getSequenceKvCacheMaxPosition(slot: number): number;
  getStateSize(): number;
  copySequenceStateFromOtherSequence(target: number, source: number): Promise<number>;
  saveSequenceStateToFile(path: string, slot: number, tokens: Uint32Array): Promise<number>;
  loadSequenceStateFromFile(path: string, slot: number, maxTokens: number): Promise<Uint32Array>;
}

interface RawModel {
  tokenize(text: string, parseSpecial: boolean): Uint32Array;
  detokenize(tokens: Uint32Array, showSpecial: boolean): string;
  getTokenAttributes(token: number): number;
  isEogToken(token: number): boolean;
}

interface RawBindings {
  readonly AddonContext: new (model: RawModel, options: Record<string, number | boolean>) => RawContext;
  readonly AddonSampler: (new (model: RawModel) => RawSampler) & {
    acceptGrammarEvaluationStateToken(state: RawGrammarState, token: number): void;
  };
  readonly AddonGrammar: new (
    text: string,
    options: { addonExports: RawBindings; rootRuleName: string },
  ) => object;
  readonly AddonGrammarEvaluationState: new (model: RawModel, grammar: object) => RawGrammarState;
  getBlockSizeForGgmlType(type: number): number | undefined;
  getTypeSizeForGgmlType(type: number): number | undefined;
  getIsArchSupported(architecture: string): boolean;
  getIsArchRecurrent(architecture: string): boolean | undefined;
  getIsArchHybrid(architecture: string): boolean | undefined;
}

/** Exactly what the engine's sampler understands. A key left out switches that sampler off. */
export interface SamplerConfig {
  readonly temperature?: number;
  readonly minP?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly repeatPenalty?: number;
  readonly repeatPenaltyMaxTokens?: number;
  readonly repeatPenaltyTokens?: Uint32Array;
  readonly tokenBiasKeys?: Uint32Array;
  readonly tokenBiasValues?: Float32Array;
  /** Moved on by every token that the sampler picks. */
  readonly grammarEvaluationState?: RawGrammarState;
}

export type Sampler = RawSampler;
export type GrammarState = RawGrammarState;

export const KV_TYPES = { f32: 0, f16: 1, q8_0: 8 } as const;
export type KvType = keyof typeof KV_TYPES;

export interface ContextOptions {
  /** Places for sessions in all. */
  readonly slots: number;
  /** Cells of each pool; with one slot per pool, the slot's own. */
  readonly cells: number;
  /** So many consecutive slots share a pool (default 1). More needs our build of libllama. */
  readonly slotsPerPool?: number;
  readonly batchTokens: number;
  readonly threads: number;
  readonly kvType: KvType;
  readonly flashAttention: boolean;
}

/** A decode failed because a slot had no cell left; the cache is as it was before. */
export class NoCellFree extends Error {
  override readonly name = 'NoCellFree';
}

/**
 * One llama context: a row of slots, of which `slotsPerPool` consecutive ones share a pool with a fixed number of cells.
 * With one slot per pool a slot has its cells for itself.
 */
export class EngineContext {
  private constructor(
    private readonly raw: RawContext,
    readonly slots: number,
    readonly slotsPerPool: number,
    /** As the engine made them: rounded up to a multiple of 256. */
    readonly cellsPerPool: number,
  ) {}

  static async create(
    bindings: RawBindings,
    model: RawModel,
    options: ContextOptions,
  ): Promise<EngineContext> {
    const slotsPerPool = options.slotsPerPool ?? 1;
    const pools = options.slots / slotsPerPool;
    const raw = new bindings.AddonContext(model, {
      contextSize: pools * options.cells,
      batchSize: options.batchTokens,
      sequences: options.slots,
      flashAttention: options.flashAttention,
      threads: options.threads,
      kvCacheKeyType: KV_TYPES[options.kvType],
      kvCacheValueType: KV_TYPES[options.kvType],
    });
    requireMethods(raw, 'AddonContext', CONTEXT_METHODS);
    const made =
      slotsPerPool === 1 ? await raw.init() : await withSharedStreams(slotsPerPool, () => raw.init());
    if (!made) {
      await raw.dispose();
      throw new Error(
        `the engine could not make a context of ${String(pools)} x ${String(options.cells)} cells` +
          `${slotsPerPool === 1 ? '' : ` for ${String(slotsPerPool)} sessions each`}: most likely not enough memory`,
      );
    }
    return new EngineContext(raw, options.slots, slotsPerPool, Math.floor(raw.getContextSize() / pools));
  }

  get pools(): number {
    return this.slots / this.slotsPerPool;
  }

  /** Empties the batch and makes room for so many tokens. */
  beginBatch(tokens: number): void {
    this.raw.initBatch(tokens);
  }

  /** `logitIndexes` are indexes into `tokens`, ascending. A row's number in `sample` counts all tokens of the batch. */
  add(slot: number, firstPosition: number, tokens: Uint32Array, logitIndexes: Uint32Array): void {
    this.raw.addToBatch(slot, firstPosition, tokens, logitIndexes);
  }

  async decode(): Promise<void> {
    try {
      await this.raw.decodeBatch();
    } catch (error) {
      if (error instanceof Error && error.message.includes('could not find a KV slot'))
        throw new NoCellFree(error.message);
      throw error;
    }
  }

  /** The token that the sampler picks from a row's logits; -1 when that row has none. */
  sample(row: number, sampler: Sampler): Promise<number> {
    return this.raw.sampleToken(row, sampler);
  }

  /** Log-probability of every token after the sampler's biases, by token id. Slow: for tests. */
  async logProbabilities(row: number, sampler: Sampler): Promise<Float64Array> {
    const [, , , pairs = []] = await this.raw.sampleToken(row, sampler, false, false, true);
    if (pairs.length === 0) throw new Error(`row ${String(row)} of the batch has no logits`);
    const result = new Float64Array(pairs.length / 2);
    for (let index = 0; index < pairs.length; index += 2) result[pairs[index] ?? 0] = pairs[index + 1] ?? NaN;
    const highest = result.reduce((most, logit) => Math.max(most, logit), -Infinity);
    const total = highest + Math.log(result.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
    return result.map((logit) => logit - total);
  }

  /** The logits of some tokens, in the order asked for. */
  async logits(row: number, sampler: Sampler, tokens: readonly number[]): Promise<number[]> {
    const [, , , pairs = []] = await this.raw.sampleToken(row, sampler, false, false, [
      tokens,
      false,
      false,
      false,
      0,
    ]);
    return tokens.map((token) => {
      const at = pairs.findIndex((value, index) => index % 2 === 0 && value === token);
      return at === -1 ? NaN : (pairs[at + 1] ?? NaN);
    });
  }

  /**
   * Log-probabilities of a token and of the `top` likeliest, likeliest first. `plain` is a sampler without settings, so
   * these are the model's own.
   */
  async tokenLogProbabilities(
    row: number,
    plain: Sampler,
    token: number,
    top: number,
  ): Promise<{ readonly chosen: number; readonly likeliest: readonly (readonly [number, number])[] }> {
    // The plain sampler selects the likeliest, so the highest logit is always told.
    const filter: LogitFilter = [[token], false, false, true, top];
    const [, , , pairs = [], weight = NaN] = await this.raw.sampleToken(
      row,
      plain,
      false,
      false,
      filter,
      true,
    );
    const logits = new Map<number, number>();
    for (let index = 0; index < pairs.length; index += 2)
      logits.set(pairs[index] ?? 0, pairs[index + 1] ?? NaN);
    const total = Math.max(...logits.values()) + Math.log(weight);
    const sorted = [...logits].sort(([a, x], [b, y]) => y - x || a - b);
    return {
      chosen: (logits.get(token) ?? -Infinity) - total,
      likeliest: sorted.slice(0, top).map(([other, logit]) => [other, logit - total] as const),
    };
  }

  /** Frees the cells of positions [start, end) of a slot. Positions of what stays do not change. */
  evict(slot: number, start: number, end: number): void {
    if (!this.raw.removeTokenCellsFromSequence(slot, start, end)) {
      throw new Error(
        `the engine refused to evict positions ${String(start)} to ${String(end)} of slot ${String(slot)}`,
      );
    }
  }

  clear(slot: number): void {
    this.raw.disposeSequence(slot);
  }

  /**
   * Copies a slot's whole cache over another's. Between slots that share a pool the target must be empty, and both then
   * share the very cells; from a shared pool to another the engine refuses: save and load instead.
   */
  async copy(source: number, target: number): Promise<void> {
    await this.raw.copySequenceStateFromOtherSequence(target, source);
  }

  /** Lowest and highest position that a slot holds; both -1 when it is empty. */
  positions(slot: number): { readonly first: number; readonly last: number } {
    return {
      first: this.raw.getSequenceKvCacheMinPosition(slot),
      last: this.raw.getSequenceKvCacheMaxPosition(slot),
    };
  }

  /** Size of a full state dump without making one: grows by the same amount with every live cell. */
  stateBytes(): number {
    return this.raw.getStateSize();
  }

  /** Writes a slot's live cells to a file; resolves to its size. */
  async save(slot: number, path: string): Promise<number> {
    return this.raw.saveSequenceStateToFile(path, slot, new Uint32Array(0));
  }

  /** Replaces what a slot holds by what `save` wrote, in this context or another of the same model and cache type. */
  async load(slot: number, path: string): Promise<void> {
    await fitCellsFile(path, this.pools);
    // With no room for tokens the engine would read nothing at all.
    await this.raw.loadSequenceStateFromFile(path, slot, 1);
  }

  dispose(): Promise<void> {
    return this.raw.dispose();
  }
}

/** A loaded model: its vocabulary, and contexts and samplers made for it. */
export class EngineModel {
  private constructor(
    private readonly bindings: RawBindings,
    private readonly raw: RawModel,
    private readonly model: LlamaModel,
  ) {}

  static async load(engine: Engine, path: string): Promise<EngineModel> {
    const model = await engine.llama.loadModel({
      modelPath: path,
      ...(engine.llama.gpu === false ? {} : { gpuLayers: 'max' }),
    });
    const raw = fieldOf(model, '_model', 'LlamaModel');
    requireMethods(raw, 'AddonModel', MODEL_METHODS);
    return new EngineModel(engine.bindings, raw as RawModel, model);
  }

  get bos(): { readonly token: number; readonly text: string } | undefined {
    const token = this.model.tokens.bos;
    const text = this.model.tokens.bosString;
    return token === null ? undefined : { token, text: text ?? '' };
  }

  get eosText(): string {
    return this.model.tokens.eosString ?? '';
  }

  get prependsBos(): boolean {
    return this.model.tokens.shouldPrependBosToken;
  }

  /** `parseSpecial` turns the text of control tokens into those tokens; without it they are plain text. */
  tokenize(text: string, parseSpecial: boolean): Uint32Array {
    return this.raw.tokenize(text, parseSpecial);
  }

  /** Control tokens come out as nothing. Bytes that are no whole character come out as U+FFFD. */
  detokenize(tokens: Uint32Array): string {
    return this.raw.detokenize(tokens, false);
  }

  endsGeneration(token: number): boolean {
    return this.raw.isEogToken(token);
  }

  /** Control tokens, and added words that the tokenizer finds in any text. */
  isSpecial(token: number): boolean {
    return (this.raw.getTokenAttributes(token) & SPECIAL_ATTRIBUTES) !== 0;
  }

  createContext(options: ContextOptions): Promise<EngineContext> {
    return EngineContext.create(this.bindings, this.raw, options);
  }

  /**
   * Whether the loaded libllama lets slots share a pool. Two sequences in 256 cells tell: the stock library, and one whose
   * patch does not work, rounds each of them up to 256.
   */
  async sharesPools(): Promise<boolean> {
    const probe = { slots: 2, cells: 256, slotsPerPool: 2, batchTokens: 2, threads: 1 } as const;
    const context = await this.createContext({ ...probe, kvType: 'f16', flashAttention: false });
    const { cellsPerPool } = context;
    await context.dispose();
    return cellsPerPool === 256;
  }

  createSampler(): Sampler {
    return new this.bindings.AddonSampler(this.raw);
  }

  /** At the beginning of a grammar in GBNF; throws where it is none. */
  beginGrammar(text: string): GrammarState {
    const { bindings } = this;
    const grammar = new bindings.AddonGrammar(text, { addonExports: bindings, rootRuleName: 'root' });
    return new bindings.AddonGrammarEvaluationState(this.raw, grammar);
  }

  /** Moves on by a token that no sampler has picked; throws where it does not fit. */
  acceptInGrammar(state: GrammarState, token: number): void {
    this.bindings.AddonSampler.acceptGrammarEvaluationStateToken(state, token);
  }

  /** The engine's own converter from a JSON Schema. It reads a dialect: see `toGrammarSchema`. */
  grammarOfSchema(schema: object): string {
    // What createGrammarForJsonSchema makes; that one is asynchronous without need.
    return new LlamaJsonSchemaGrammar(this.model.llama, schema as never).grammar;
  }

  dispose(): Promise<void> {
    return this.model.dispose();
  }
}

export type Device = 'auto' | 'cpu' | 'cuda' | 'vulkan' | 'metal';

const MOST_COMPLAINTS = 4;

const engines = new Map<Device, Promise<Engine>>();

/** The llama.cpp backend of this process on one device. It lives as long as the process. */
export class Engine {
  private readonly complaints: string[] = [];

  private constructor(
    readonly llama: Llama,
    readonly bindings: RawBindings,
  ) {}

  /**
   * Loads our build of libllama for what is started next, if it is there. Only before the first `start`.
   * Returns why sessions cannot share pools; undefined when they can.
   */
  static preparePools(device: Device): string | undefined {
    const loaded = loadPooledLibrary(device, engines.size > 0);
    return loaded.ok ? undefined : loaded.reason;
  }

  static start(device: Device): Promise<Engine> {
    const known = engines.get(device);
    if (known !== undefined) return known;
    const started = Engine.load(device);
    engines.set(device, started);
    started.catch(() => engines.delete(device));
    return started;
  }

  private static async load(device: Device): Promise<Engine> {
    const version = await getModuleVersion();
    if (version !== PINNED_VERSION) {
      throw new Error(
        `node-llama-cpp ${version} is installed, but the engine drives internals of exactly ${PINNED_VERSION}. ` +
          `Run: npm install node-llama-cpp@${PINNED_VERSION}`,
      );
    }
    const heard: { engine?: Engine } = {};
    const llama = await getLlama({
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      gpu: device === 'cpu' ? false : device,
      logLevel: LlamaLogLevel.error,
      logger: (_level, message) => {
        heard.engine?.hear(message.trim());
      },
    }).catch((error: unknown) => {
      throw new Error(
        `no working ${device} backend is installed here (${error instanceof Error ? error.message : String(error)})`,
      );
    });
    const got = llama.gpu === false ? 'cpu' : llama.gpu;
    if (device !== 'auto' && device !== got)
      throw new Error(`no working ${device} backend is installed here, only ${got}`);
    const bindings = fieldOf(llama, '_bindings', 'Llama');
    requireMethods(bindings, 'the binding', BINDING_METHODS);
    heard.engine = new Engine(llama, bindings as unknown as RawBindings);
    return heard.engine;
  }

  /** What the engine's error log said since this was last asked, to be put behind an error. */
  takeComplaints(): string {
    const said = this.complaints.splice(0).join('; ');
    return said === '' ? '' : ` (${said})`;
  }

  private hear(line: string): void {
    if (line === '') return;
    this.complaints.push(line);
    if (this.complaints.length > MOST_COMPLAINTS) this.complaints.shift();
  }

  get deviceName(): string {
    return this.llama.gpu === false ? 'cpu' : this.llama.gpu;
  }

  supportsArchitecture(architecture: string): boolean {
    return this.bindings.getIsArchSupported(architecture);
  }

  /** Recurrent state cannot lose single tokens, so nothing can be evicted from it. */
  isRecurrent(architecture: string): boolean {
    return (
      (this.bindings.getIsArchRecurrent(architecture) ?? false) ||
      (this.bindings.getIsArchHybrid(architecture) ?? false)
    );
  }

  /** Undefined for a tensor type that this engine does not know. */
  tensorBytes(type: number, elements: number): number | undefined {
    const block = this.bindings.getBlockSizeForGgmlType(type);
    const bytes = this.bindings.getTypeSizeForGgmlType(type);
    return block === undefined || bytes === undefined ? undefined : (elements / block) * bytes;
  }

  /** Undefined without a GPU. */
  async freeDeviceBytes(): Promise<number | undefined> {
    return this.llama.gpu === false ? undefined : (await this.llama.getVramState()).free;
  }
}

function fieldOf(owner: object, field: string, what: string): object {
  const value: unknown = Reflect.get(owner, field);
  if (typeof value !== 'object' || value === null) {
    throw new Error(
      `node-llama-cpp ${PINNED_VERSION}: ${what}.${field} is missing; the installed package is not the pinned one`,
    );
  }
  return value;
}

function requireMethods(owner: object, what: string, methods: readonly string[]): void {
  const missing = methods.filter((method) => typeof Reflect.get(owner, method) !== 'function');
  if (missing.length > 0) {
    throw new Error(
      `node-llama-cpp ${PINNED_VERSION}: ${what} lacks ${missing.join(', ')}; the installed package is not the pinned one`,
    );
  }
}
