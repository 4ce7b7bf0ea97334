import { randomBytes } from 'node:crypto';

/** Crockford's base 32: sorts like the number it stands for, and has no letters that look alike. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const PER_MS = 32 ** 3;

/** Ids that sort by the moment they were made: 10 digits of time, 3 of order within it, 13 of chance. */
export class Ids {
  private lastMs = 0;
  private order = 0;

  constructor(private readonly now: () => number = Date.now) {}

  next(prefix: 'job' | 'batch' | 'bulk' | 'file'): string {
    const ms = Math.max(this.now(), this.lastMs);
    this.order = ms === this.lastMs ? this.order + 1 : 0;
    this.lastMs = ms;
    if (this.order === PER_MS) {
      this.lastMs += 1;
      this.order = 0;
    }
    return `${prefix}${prefix === 'file' ? '-' : '_'}${encode(this.lastMs, 10)}${encode(this.order, 3)}${chance(13)}`;
  }
}

function encode(value: number, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32))
    text = DIGITS.charAt(rest % 32) + text;
  return text;
}

/** When an id was made, Unix milliseconds; undefined: none of ours. That of a batch's line goes by its batch. */
export function madeAtMs(id: string): number | undefined {
  const digits = /^[a-z]+[_-]([0-9a-hjkmnp-tv-z]{10})[0-9a-hjkmnp-tv-z]{16}(-\d+)?$/.exec(id)?.[1];
  return digits === undefined
    ? undefined
    : [...digits].reduce((sum, digit) => sum * 32 + DIGITS.indexOf(digit), 0);
}

const chance = (length: number): string =>
  Array.from(randomBytes(length), (byte) => DIGITS.charAt(byte % 32)).join('');

/** False for what can be no job of this pool, so that nothing is looked up under it. */
export const isJobId = (text: string): boolean => /^[A-Za-z0-9_-]{1,64}$/.test(text);
