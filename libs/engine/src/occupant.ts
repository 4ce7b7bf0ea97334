import {
  CellTime,
  type Forecast,
  type JobFeatures,
  kvByteSeconds,
  type Predictor,
  type Progress,
  Session,
  type SessionCheckpoint,
  type SessionEvent,
  type SessionFinish,
  type TokenId,
} from '@gistpool/core';
import { AnswerLogprobs } from './answer-logprobs';
import { grammarAfter } from './answer-grammar';
import type { EngineContext, GrammarState, Sampler } from './binding';
import { isStateful, RESEED_EVERY, samplerConfig, stretchSeed } from './sampling';
import type { ServedModel } from './served-model';
import { firstStop, TextStream } from './text';
import type { Totals } from './totals';
import type { SessionReport, SessionRequest, SessionUse } from './types';

/** How many steps back a slot's live cells are kept for the dashboard. */
const RECENT_STEPS = 120;
export interface OccupantOptions {
  readonly kvBytesPerCell: number;
  /** False: nothing but compressions and the finish is reported, and no text is made on the way. */
  readonly reportsText: boolean;
  readonly totals: Totals;
  /** The most cells it can ever hold. */
  readonly boundCells: number;
  readonly features: JobFeatures;
  readonly learnt: Learnt;
  readonly chooser?: Chooser;
}

/** What a card foresees its sessions by; knowing nothing, it says what the limits say. */
export interface Learnt {
  readonly predictor: Predictor;
  /** In which what runs here is counted. */
  readonly epoch: number;
}

/** Chooses a session's next token instead of its sampler; gets all log-probabilities. For tests. */
export type Chooser = (logProbabilities: () => Promise<Float64Array>) => Promise<TokenId>;

/**
 * A job's session with what belongs to it while it sits in a slot: its sampler, its text stream, its own count of
 * cells. It may be moved to another slot between two steps.
 */
export class Occupant {
  readonly jobId: string;
  /** The ladder raises it. */
  reservedCells: number;
  readonly sampler: Sampler;
  /** The one token of the next decode; lent to the binding. */
  readonly input = new Uint32Array(1);
  /** Highest position fed. */
  lastPosition = -1;
  /** Cells that were filled and freed in the engine on behalf of this session. */
  cells = 0;
  isCancelled = false;
  /** It waits in its slot; the guard's to set. */
  isHeld = true;
  heldAtStep = 0;
  /** It did not go on in the last step, and not for having ended a thought in it. */
  waits = false;

  private readonly held = new CellTime();
  private now: Session;
  private learnt: Learnt;
  private forecast: Forecast;
  private progress: Progress | undefined;
  /** Compressions that were told; a replay tells only those after. */
  private told: number;
  private readonly stream: TextStream;
  private readonly isStateful: boolean;
  private readonly recent: number[] = [];
  private isAnswering: boolean;
  /** From the answer's beginning, where its form is given. */
  private grammar: GrammarState | undefined;
  private readonly logprobs: AnswerLogprobs | undefined;
  private wasHeld = false;
  private learntTokens = 0;
  private seededFor = '';
  /** Where the sampler was last set anew: a resume from here samples the same. */
  private seededAt: { readonly sampled: number; readonly thoughts: number } = { sampled: 0, thoughts: 0 };

  constructor(
    private readonly model: ServedModel,
    private readonly request: SessionRequest,
    private readonly promptTokens: readonly TokenId[],
    private readonly options: OccupantOptions,
  ) {
    const { method } = model;
    const replay = request.checkpoint?.sampled ?? [];
    this.jobId = request.jobId;
    this.learnt = options.learnt;
    this.reservedCells = request.reservedCells;
    this.now = this.sessionFrom(replay);
    this.told = this.now.thoughtIndex;
    this.learntTokens = this.now.standing.sampledTokens;
    this.forecast = this.learnt.predictor.forecast(options.features);
    // A model that has no token for it may answer at any time.
    this.isAnswering = method.answerStart === undefined || replay.includes(method.answerStart);
    this.stream = new TextStream(model.text, request.sampling.stop);
    this.isStateful = isStateful(request.sampling);
    this.sampler = model.engine.createSampler();
    if (request.sampling.logprobs !== undefined)
      this.logprobs = new AnswerLogprobs(model, request.sampling.logprobs, request.checkpoint?.logprobs);
    this.beginGrammar();
    this.setSampler();
  }

  get chooser(): Chooser | undefined {
    return this.options.chooser;
  }

  get session(): Session {
    return this.now;
  }

  /** Whether it has thoughts at whose ends it holds less. */
  get hasThoughtEnds(): boolean {
    return this.options.features.policy.kind !== 'window';
  }

  /** Cells without which it cannot go on: for all of its prompt and replay, or for its next token. */
  get neededCells(): number {
    return this.isPrefilling ? this.now.rowsPeakCells : this.cells + 1;
  }

  /** The most it is likely to hold, by what it has shown so far. */
  get predictedCells(): number {
    const { features } = this.options;
    const peakCells = Math.max(this.now.peakCells, this.neededCells);
    return this.learnt.predictor.predictedPeakCells(features, { peakCells });
  }

  /** It has held more than was reserved, and is likely to come to hold more than so many cells. */
  outgrows(cells: number): boolean {
    return this.now.peakCells > this.reservedCells && this.predictedCells > cells;
  }

  /** Foresees anew what it will hold. */
  lookAhead(): void {
    this.forecast = this.learnt.predictor.forecast(this.options.features);
  }

  /** From here on it is foreseen, and counted, by this; what it has shown so far is counted there anew. */
  learnFrom(learnt: Learnt): void {
    this.learnt = learnt;
    if (this.progress !== undefined) {
      this.progress = undefined;
      const { peakCells, thoughtTokens } = this.shown();
      const progress = this.begun();
      for (const tokens of thoughtTokens) learnt.predictor.thought(progress, tokens, peakCells);
    }
    this.lookAhead();
  }

  /** As its pool's gate sees it now. */
  gateView() {
    const { isHeld, heldAtStep, forecast, cells } = this;
    const { standing, rowsPeakCells } = this.session;
    const { isPrefilling } = this;
    return {
      occupant: this,
      boundCells: this.options.boundCells,
      liveCells: cells,
      owedCells: isPrefilling ? Math.max(0, rowsPeakCells - cells) : 0,
      isHeld,
      heldAtStep,
      standing: isPrefilling ? { ...standing, floorCells: rowsPeakCells, thoughtCells: 0 } : standing,
      forecast,
    };
  }

  /** Its cells are gone: it feeds all it has sampled once more, in rows, and samples on as it would have. */
  replay(): void {
    this.told = Math.max(this.told, this.now.compressions);
    this.now = this.sessionFrom(this.now.checkpoint().sampled, this.told);
    this.cells = 0;
    this.lastPosition = -1;
  }

  /** What a replay feeds besides the prompt. */
  get replayTokens(): number {
    return this.now.accounting().generatedTokens;
  }

  /** In its slot, from now on as many as `cells` says. */
  holdsCells(): void {
    this.held.hold(this.cells, performance.now());
  }

  /** Out of its slot; cells in a file are not held. */
  holdsNone(): void {
    this.held.hold(0, performance.now());
  }

  /** What it has used of this card; of the job in all, what it brought with its checkpoint. */
  get use(): SessionUse {
    const accounting = this.session.accounting();
    const { kvBytesPerCell } = this.options;
    return {
      accounting,
      kvBytesAtPeak: accounting.peakCells * kvBytesPerCell,
      kvByteSeconds: kvByteSeconds(this.held.cellMs(performance.now()), kvBytesPerCell),
    };
  }

  get isPrefilling(): boolean {
    return this.session.phase === 'prefill';
  }

  get isDone(): boolean {
    return this.session.phase === 'done';
  }

  /** Live cells of the last steps, oldest first. */
  get recentCells(): readonly number[] {
    return this.recent;
  }

  remember(): void {
    this.waits = this.isHeld && this.wasHeld;
    this.wasHeld = this.isHeld;
    this.recent.push(this.session.liveCells);
    if (this.recent.length > RECENT_STEPS) this.recent.shift();
  }

  /** Whether how likely its next token is shall be noted; of thoughts nothing is. */
  get notesLogprobs(): boolean {
    return this.logprobs !== undefined && this.isAnswering;
  }

  /** The token is about to be taken. */
  async noteLogprobs(context: EngineContext, row: number, token: TokenId): Promise<void> {
    await this.logprobs?.note(context, row, token, this.session.accounting().generatedTokens);
  }

  /** Ends an answer whose form lets no token of the model through. */
  get endToken(): TokenId | undefined {
    return this.grammar === undefined ? undefined : this.model.endTokens[0];
  }

  /** Takes the token that was sampled and reports what follows from it. */
  sampled(token: TokenId, reports: SessionReport[]): void {
    const thought = this.session.thoughtIndex;
    const events = this.session.sampled(token);
    this.options.totals.generatedTokens++;
    const watchesStops = this.request.sampling.stop.length > 0 && this.isAnswering;
    if (this.options.reportsText || watchesStops) {
      this.say(thought, this.stream.push(token, watchesStops), reports);
    }
    this.tell(events, reports, thought);
    if (this.isDone) return;
    if (this.stream.isStopped) this.cancel(reports);
    else if (this.isStateful) this.setSamplerWhenDue();
  }

  tell(events: readonly SessionEvent[], reports: SessionReport[], thought = this.session.thoughtIndex): void {
    const { jobId } = this;
    for (const event of events) {
      switch (event.kind) {
        case 'thought': {
          this.say(thought, this.stream.flush(), reports);
          if (!this.options.reportsText) break;
          const { tokens } = event;
          const text = this.model.text.of(tokens);
          reports.push({ jobId, kind: 'thought', thought: event.thought, text, tokens: tokens.length });
          break;
        }
        case 'compression': {
          this.options.totals.compressions++;
          this.learn();
          const { cellsBefore, cellsAfter } = event;
          const checkpoint = this.withLogprobs(this.session.checkpoint());
          reports.push({
            jobId,
            kind: 'compression',
            thought: event.thought,
            cellsBefore,
            cellsAfter,
            checkpoint,
            use: this.use,
          });
          break;
        }
        case 'answer-begins':
          this.isAnswering = true;
          this.beginGrammar();
          if (this.grammar !== undefined) this.applySampler();
          this.say(thought, this.stream.flush(), reports);
          reports.push({ jobId, kind: 'answer-begins' });
          break;
        case 'finish':
          this.say(thought, this.stream.flush(), reports);
          this.finish(event.reason, reports);
          break;
      }
    }
  }

  /** Ends the session where it is. */
  cancel(reports: SessionReport[]): void {
    this.tell(this.session.cancel(), reports);
  }

  /** Where to go on elsewhere. What was sampled since the sampler was last set is sampled again there. */
  checkpoint(): SessionCheckpoint {
    const checkpoint = this.session.checkpoint();
    if (!this.isStateful) return this.withLogprobs(checkpoint);
    const { sampled, thoughts } = this.seededAt;
    return this.withLogprobs({ version: 1, sampled: checkpoint.sampled.slice(0, sampled), thoughts });
  }

  dispose(): void {
    this.sampler.dispose();
    this.logprobs?.dispose();
  }

  private sessionFrom(replay: readonly TokenId[], toldCompressions?: number): Session {
    const { method, endTokens } = this.model;
    return new Session({
      promptTokens: this.promptTokens,
      policy: method.policy,
      limits: this.options.features.limits,
      endTokens,
      ...(method.answerStart === undefined ? {} : { answerStart: method.answerStart }),
      replay,
      ...(toldCompressions === undefined ? {} : { toldCompressions }),
    });
  }

  /** Thoughts that were counted: the first of them may not have been compressed here. */
  private shown(): { readonly thoughtTokens: readonly number[]; readonly peakCells: number } {
    const thoughtTokens: number[] = [];
    let left = this.learntTokens;
    for (const tokens of this.session.course().thoughtTokens) {
      if (left < tokens) break;
      left -= tokens;
      thoughtTokens.push(tokens);
    }
    return { thoughtTokens, peakCells: this.session.standing.peakCells };
  }

  private learn(): void {
    const { sampledTokens, peakCells } = this.session.standing;
    this.learnt.predictor.thought(this.begun(), sampledTokens - this.learntTokens, peakCells);
    this.learntTokens = sampledTokens;
  }

  /** Not before there is something to learn, or those that were never let in would count as running. */
  private begun(): Progress {
    const { predictor, epoch } = this.learnt;
    return (this.progress ??= predictor.begin(this.options.features, this.reservedCells, epoch));
  }

  private say(thought: number, text: string, reports: SessionReport[]): void {
    if (text === '' || !this.options.reportsText) return;
    const logprobs = this.logprobs?.untold();
    reports.push({
      jobId: this.jobId,
      kind: 'text',
      thought,
      text,
      ...(logprobs !== undefined && logprobs.length > 0 && { logprobs }),
    });
  }

  private finish(reason: SessionFinish, reports: SessionReport[]): void {
    const { text } = this.model;
    if (reason !== 'cancelled') {
      this.learnt.predictor.end(this.begun(), this.session.course().tailTokens, this.session.peakCells);
    }
    const transcript = this.session.transcript();
    const thoughts = transcript.thoughts.map((tokens) => text.of(tokens));
    let answer = text.of(transcript.answer);
    if (this.stream.isStopped) answer = answer.slice(0, firstStop(answer, this.request.sampling.stop));
    reports.push({
      jobId: this.jobId,
      kind: 'finish',
      reason: this.stream.isStopped ? 'stop' : reason,
      answer,
      text: thoughts.join('') + text.of(transcript.openThought) + answer,
      thoughts,
      ...this.use,
      ...(this.logprobs !== undefined && {
        logprobs: this.logprobs.of(answer, this.session.answerBegan ?? Infinity),
      }),
      course: this.session.course(),
    });
  }

  private setSamplerWhenDue(): void {
    if (this.stretch(this.session.accounting().generatedTokens) !== this.seededFor) this.setSampler();
  }

  /** A model that marks its answer is held to its form from there on; one that only answers, from its first token on. */
  private beginGrammar(): void {
    const { answer_format: format } = this.request.sampling;
    const { policy, answerStart } = this.model.method;
    const onlyAnswers = answerStart === undefined && (policy.kind === 'vanilla' || policy.kind === 'window');
    if (format === undefined || !this.isAnswering || (answerStart === undefined && !onlyAnswers)) return;
    // Splitters in an answer are forced, and no part of its text.
    const control = new Set(this.model.controlTokens);
    const answer = this.session
      .checkpoint()
      .sampled.slice(this.session.answerBegan)
      .filter((token) => !control.has(token));
    this.grammar = grammarAfter(this.model.engine, format, answer);
  }

  private withLogprobs(checkpoint: SessionCheckpoint): SessionCheckpoint {
    if (this.logprobs === undefined) return checkpoint;
    return { ...checkpoint, logprobs: this.logprobs.upTo(checkpoint.sampled.length) };
  }

  private setSampler(): void {
    const { sampled, thoughts } = this.session.checkpoint();
    this.applySampler();
    this.seededFor = this.stretch(sampled.length);
    this.seededAt = { sampled: sampled.length, thoughts };
  }

  private applySampler(): void {
    const { sampled } = this.session.checkpoint();
    const { sampling } = this.request;
    const seed = stretchSeed(
      sampling.seed,
      this.session.thoughtIndex,
      Math.floor(sampled.length / RESEED_EVERY),
    );
    // A chooser looks at the model itself, without the biases of a sampler.
    const { forbiddenTokens } = this.session;
    const forbidden =
      this.grammar === undefined ? forbiddenTokens : [...forbiddenTokens, ...this.model.controlTokens];
    const config =
      this.chooser === undefined ? samplerConfig(sampling, forbidden, seed, sampled, this.grammar) : {};
    this.sampler.applyConfig(config);
  }

  private stretch(sampled: number): string {
    return `${String(this.session.thoughtIndex)}:${String(Math.floor(sampled / RESEED_EVERY))}`;
  }
}
