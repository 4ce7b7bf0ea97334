import { vanillaDep, vanillaPeak } from '../accounting/closed-forms';
import type { Standing } from '../prediction/horizon';
import { ruleOf } from './rules';
import type { Rule } from './rules/rule';
import { Timeline } from './timeline';
import type {
  Accounting,
  Course,
  Feed,
  PositionRange,
  SessionCheckpoint,
  SessionEvent,
  SessionFinish,
  SessionPhase,
  SessionSpec,
  TokenId,
} from './types';

/** What was sampled, cut up. Control tokens are in it; end tokens and LightThinker's splitters are not. */
export interface Transcript {
  /** One entry per closed thought. */
  readonly thoughts: readonly (readonly TokenId[])[];
  /** Reasoning after the last closed thought. */
  readonly openThought: readonly TokenId[];
  readonly answer: readonly TokenId[];
}

/**
 * One job being decoded: says which token goes where next and which cells go. The owner only executes, in this order:
 * `nextFeed` -> decode -> `fed` -> remove what it returns -> where logits were wanted, sample -> `sampled` -> again.
 *
 * | phase    | next feed                                     | leaves it                                        |
 * |----------|-----------------------------------------------|--------------------------------------------------|
 * | prefill  | rows: the prompt, and a replay's tokens       | all rows fed                                     |
 * | think    | the token sampled last                        | a thought ends; `answerStart`; an end or a limit |
 * | compress | splitter, gists, (eviction), continue, one by one | continue fed, back to think or answer        |
 * | answer   | the token sampled last                        | a thought ends; an end or a limit                |
 * | done     | none                                          |                                                  |
 *
 * What counts how:
 * - The token that ends a session (end token, or the last that a limit allows) is sampled and counted as generated, but
 *   never fed: it takes no cell. The closed forms count it, as the authors' do.
 * - A splitter fed by force counts as generated and stands in the checkpoint.
 * - The answer keeps the promise on memory, too: a splitter or a full thought in it is compressed as in a thought
 *   (the authors' decoding knows no difference). Such a compression counts towards `maxThoughts` and is reported as
 *   `compression`, but there is no `thought` event and `thoughts` does not grow.
 * - A thought that would exceed `maxThoughts`, or whose splitter is the last token that `maxTokens` allows, is not
 *   compressed; it stays the tail.
 * - The answer begins after `answerStart`. Without one in the text it is the tail after the last thought: of any
 *   session if the model has no such token, else of one that ended by itself.
 *
 * A replay makes the same steps at the same positions, only in rows. It tells no events of what it replays; if it ends
 * the session, the last `fed` tells `finish`.
 */
export class Session {
  /** A sampler must never choose these (gists and continue). */
  readonly forbiddenTokens: readonly TokenId[];

  private readonly rule: Rule;
  private readonly timeline = new Timeline();
  private readonly sampledTokens: TokenId[] = [];
  private readonly endTokens: ReadonlySet<TokenId>;
  private readonly thoughtSpans: { readonly start: number; readonly end: number }[] = [];
  private readonly replayedTokens: number;
  /** Spans closed, those of the answer included: their lengths. */
  private readonly closedTokens: number[] = [];
  /** Index into the sampled tokens where the present span began. */
  private spanStart = 0;
  private answerFrom: number | undefined;
  private finish: SessionFinish | undefined;
  private isFinishTold = false;
  private peakTokens: number;
  private dep = 0;

  constructor(private readonly spec: SessionSpec) {
    if (spec.promptTokens.length === 0) throw new RangeError('a session needs at least one prompt token');
    this.rule = ruleOf(spec.policy, spec.limits);
    this.forbiddenTokens = this.rule.forbidden;
    this.endTokens = new Set(spec.endTokens);
    this.peakTokens = spec.promptTokens.length;

    for (const token of spec.promptTokens) this.timeline.plan(token, 'prompt');
    this.rule.afterPrompt(this.timeline);
    for (const token of this.unreplayed()) this.accept(token);
    this.timeline.endRows(spec.toldCompressions ?? Number.POSITIVE_INFINITY);
    this.replayedTokens = this.timeline.nextPosition - spec.promptTokens.length;
  }

  get phase(): SessionPhase {
    const pending = this.timeline.pending;
    if (!pending && this.finish) return 'done';
    if (pending?.isRow) return 'prefill';
    if (pending?.role === 'compress') return 'compress';
    return this.answerFrom === undefined ? 'think' : 'answer';
  }

  get liveCells(): number {
    return this.timeline.liveCells;
  }

  /** Live cells when the present thought began: prompt, gists and continues (and thoughts that a lag still keeps). */
  get floor(): number {
    return this.timeline.floor;
  }

  /** Most live cells so far. */
  get peakCells(): number {
    return this.timeline.peakCells;
  }

  /** Most cells that it holds until its prompt, and what a replay feeds again, is through. */
  get rowsPeakCells(): number {
    return this.timeline.rowsPeakCells;
  }

  /** Compressions that are through. */
  get compressions(): number {
    return this.timeline.compressions;
  }

  /** Number of the present thought, counted from 0; spans compressed in the answer count on. */
  get thoughtIndex(): number {
    return this.closedTokens.length;
  }

  /** Where it is on its trajectory. */
  get standing(): Standing {
    const promptTokens = this.spec.promptTokens.length;
    const { liveCells, peakCells } = this.timeline;
    // With a lag, the thought that goes may be one that the floor still counts, until the continue is fed.
    const floorCells = Math.min(this.timeline.floor || promptTokens, Math.max(liveCells, promptTokens));
    return {
      promptTokens,
      floorCells,
      thoughts: this.thoughtIndex,
      sampledTokens: this.spanStart,
      thoughtCells: Math.max(0, liveCells - floorCells),
      peakCells: Math.max(peakCells, promptTokens),
    };
  }

  course(): Course {
    return {
      thoughtTokens: [...this.closedTokens],
      tailTokens: this.sampledTokens.length - this.spanStart,
    };
  }

  /** A pure read; undefined while a sampled token is awaited and when the session is done. */
  nextFeed(): Feed | undefined {
    return this.timeline.nextFeed(this.finish === undefined);
  }

  /** The first `count` tokens of the current feed are in the cache. `evict` must be removed before the next decode. */
  fed(count: number): { evict: PositionRange[]; events: SessionEvent[] } {
    const result = this.timeline.fed(count);
    if (this.finish && this.timeline.isDrained) this.tellFinish(result.events);
    return result;
  }

  /** The token chosen from the logits of the feed that wanted them. */
  sampled(token: TokenId): SessionEvent[] {
    if (this.finish)
      throw new Error(`token ${token} was sampled for a session that is finished (${this.finish})`);
    if (!this.timeline.isDrained)
      throw new Error(`token ${token} was sampled before its logits were computed`);
    const events = this.accept(token);
    if (this.finish) this.tellFinish(events);
    return events;
  }

  /** Ends the session where it is; its cells are the owner's to free. */
  cancel(): SessionEvent[] {
    const events: SessionEvent[] = [];
    if (this.finish && this.isFinishTold) return events;
    this.finish = 'cancelled';
    this.timeline.drop();
    this.tellFinish(events);
    return events;
  }

  /** Sampled tokens before the answer, as things stand; undefined: it has not begun. */
  get answerBegan(): number | undefined {
    if (this.answerFrom !== undefined || this.spec.answerStart !== undefined) return this.answerFrom;
    return this.thoughtSpans.at(-1)?.end ?? 0;
  }

  accounting(): Accounting {
    const promptTokens = this.spec.promptTokens.length;
    const generatedTokens = this.sampledTokens.length;
    const answerTokens = generatedTokens - this.answerStartIndex();
    return {
      promptTokens,
      generatedTokens,
      reasoningTokens: generatedTokens - answerTokens,
      answerTokens,
      thoughts: this.thoughtSpans.length,
      compressions: this.timeline.compressions,
      liveCells: this.timeline.liveCells,
      peakCells: this.timeline.peakCells,
      peakTokens: this.peakTokens,
      dep: this.dep,
      vanillaPeakCells: vanillaPeak(promptTokens, generatedTokens),
      vanillaDep: vanillaDep(promptTokens, generatedTokens),
      replayedTokens: this.replayedTokens,
    };
  }

  /** May be taken at any time; a session made with `replay: checkpoint.sampled` goes on as this one would. */
  checkpoint(): SessionCheckpoint {
    return { version: 1, sampled: [...this.sampledTokens], thoughts: this.thoughtSpans.length };
  }

  transcript(): Transcript {
    const answerFrom = this.answerStartIndex();
    return {
      thoughts: this.thoughtSpans.map((span) => this.visible(span.start, span.end)),
      openThought: this.visible(this.thoughtSpans.at(-1)?.end ?? 0, answerFrom),
      answer: this.visible(answerFrom, this.sampledTokens.length),
    };
  }

  /** A forced splitter is in the replay right after the token that forced it, and is accepted with it. */
  private *unreplayed(): Generator<TokenId> {
    const replay = this.spec.replay ?? [];
    while (!this.finish) {
      const token = replay[this.sampledTokens.length];
      if (token === undefined) return;
      yield token;
    }
  }

  /** Takes a sampled token, and after it the one that a full thought forces. */
  private accept(token: TokenId): SessionEvent[] {
    const events: SessionEvent[] = [];
    const firstPosition = this.timeline.nextPosition;
    this.take(token, events);
    const length = this.sampledTokens.length - this.spanStart;
    const forced = this.finish || length === 0 ? undefined : this.rule.forced(length, this.timeline);
    if (forced !== undefined) this.take(forced, events);
    if (this.finish) this.timeline.dropFrom(firstPosition);
    return events;
  }

  private take(token: TokenId, events: SessionEvent[]): void {
    this.sampledTokens.push(token);
    this.count(this.timeline.plannedCells + 1);
    if (this.endTokens.has(token)) {
      this.finish = 'stop';
      return;
    }
    if (token === this.spec.answerStart && this.answerFrom === undefined) {
      this.answerFrom = this.sampledTokens.length;
      events.push({ kind: 'answer-begins' });
    }
    if (this.sampledTokens.length >= this.spec.limits.maxTokens) {
      this.finish = 'max_tokens';
      return;
    }
    const closes = this.rule.closes(token, this.sampledTokens.length - this.spanStart);
    if (closes && this.thoughtIndex >= this.spec.limits.maxThoughts) {
      this.finish = 'max_thoughts';
      return;
    }
    if (closes)
      this.peakTokens = Math.max(
        this.peakTokens,
        this.timeline.plannedCells + 1 + this.rule.cellsPerCompression,
      );
    this.rule.plan(token, closes ? this.thoughtIndex : undefined, this.timeline);
    if (closes) this.closeSpan(events);
  }

  /** A sampled token depends on all cells before it and on itself (section on metrics: Dep and peak tokens). */
  private count(dependsOn: number): void {
    this.dep += dependsOn;
    this.peakTokens = Math.max(this.peakTokens, dependsOn);
  }

  private closeSpan(events: SessionEvent[]): void {
    const span = { start: this.spanStart, end: this.sampledTokens.length };
    const thought = this.thoughtIndex;
    this.spanStart = span.end;
    this.closedTokens.push(span.end - span.start);
    if (this.answerFrom !== undefined) return;
    this.thoughtSpans.push(span);
    events.push({ kind: 'thought', thought, tokens: this.visible(span.start, span.end) });
  }

  private visible(start: number, end: number): TokenId[] {
    const { policy } = this.spec;
    const splitter =
      policy.kind === 'lightthinker' && policy.everyTokens === undefined ? policy.splitter : undefined;
    return this.sampledTokens
      .slice(start, end)
      .filter((token) => token !== splitter && !this.endTokens.has(token));
  }

  private answerStartIndex(): number {
    if (this.answerFrom !== undefined) return this.answerFrom;
    const isTailAnswer =
      this.finish === 'stop' || (this.finish !== undefined && this.spec.answerStart === undefined);
    return isTailAnswer ? (this.thoughtSpans.at(-1)?.end ?? 0) : this.sampledTokens.length;
  }

  private tellFinish(events: SessionEvent[]): void {
    if (!this.finish || this.isFinishTold) return;
    this.isFinishTold = true;
    events.push({ kind: 'finish', reason: this.finish });
  }
}
