import type { TokenId } from '@gistpool/core';

/** The part of a model that turns tokens into text. */
export interface Detokenizer {
  tokenize(text: string, parseSpecial: boolean): Uint32Array;
  detokenize(tokens: Uint32Array): string;
}

const BROKEN = '\uFFFD';
/** A character has at most four bytes; tokens that hold the end of one and the beginning of the next may chain. */
const MOST_WAITING = 8;

/** A model's tokens as text. Single tokens are looked up once and remembered. */
export class TokenText {
  private readonly pieces: (string | undefined)[] = [];
  /** Set before what is detokenized, as some vocabularies drop a leading space. */
  private readonly anchor: readonly TokenId[];
  private readonly anchorLength: number;

  constructor(
    private readonly model: Detokenizer,
    private readonly hidden: ReadonlySet<TokenId>,
  ) {
    this.anchor = [...model.tokenize('a', false)];
    this.anchorLength = model.detokenize(Uint32Array.from(this.anchor)).length;
  }

  /** Whether a token is no part of any text. */
  isHidden(token: TokenId): boolean {
    return this.hidden.has(token);
  }

  /** Text of one token; ends in U+FFFD if the token is a part of a character. */
  piece(token: TokenId): string {
    return (this.pieces[token] ??= this.hidden.has(token) ? '' : this.of([token]));
  }

  of(tokens: readonly TokenId[]): string {
    const visible = tokens.filter((token) => !this.hidden.has(token));
    return this.model.detokenize(Uint32Array.from([...this.anchor, ...visible])).slice(this.anchorLength);
  }
}

/**
 * A session's text as it comes. Holds back bytes until their character is whole, and text that may turn out to be the
 * beginning of a stop string.
 */
export class TextStream {
  private readonly waiting: TokenId[] = [];
  private held = '';
  private hasStopped = false;

  constructor(
    private readonly text: TokenText,
    private readonly stops: readonly string[],
  ) {}

  /** Whether a stop string has come. Nothing comes out after that. */
  get isStopped(): boolean {
    return this.hasStopped;
  }

  /** Takes a token and gives the text that is now certain. */
  push(token: TokenId, watchesStops: boolean): string {
    const piece = this.wholeText(token);
    if (piece === '' || this.hasStopped) return '';
    if (!watchesStops || this.stops.length === 0) return piece;
    this.held += piece;
    const cut = firstStop(this.held, this.stops);
    if (cut !== undefined) {
      const out = this.held.slice(0, cut);
      this.held = '';
      this.hasStopped = true;
      return out;
    }
    const certain = this.held.length - longestBeginning(this.held, this.stops);
    const out = this.held.slice(0, certain);
    this.held = this.held.slice(certain);
    return out;
  }

  /** Gives what was held back; nothing more will come of this thought. */
  flush(): string {
    const rest = this.waiting.length > 0 ? this.text.of(this.waiting.splice(0)) : '';
    const out = this.hasStopped ? '' : this.held + rest;
    this.held = '';
    return out;
  }

  private wholeText(token: TokenId): string {
    if (this.waiting.length === 0) {
      const piece = this.text.piece(token);
      if (!piece.endsWith(BROKEN)) return piece;
      this.waiting.push(token);
      return '';
    }
    this.waiting.push(token);
    const text = this.text.of(this.waiting);
    if (text.endsWith(BROKEN) && this.waiting.length < MOST_WAITING) return '';
    this.waiting.length = 0;
    return text;
  }
}

/** Where the earliest stop string begins. */
export function firstStop(text: string, stops: readonly string[]): number | undefined {
  let first: number | undefined;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at !== -1 && (first === undefined || at < first)) first = at;
  }
  return first;
}

/** Length of the longest end of `text` that begins some stop string. */
function longestBeginning(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
