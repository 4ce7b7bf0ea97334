const SECONDS_PER_HOUR = 3600;

/**
 * What a tenant's jobs have taken of the cards, as hours of one whole card: KV byte-seconds over the KV bytes of a card.
 * Undefined: no card is there to measure by. Idle and reserved memory is nobody's.
 */
export function cardHours(kvByteSeconds: number, cardKvBytes: readonly number[]): number | undefined {
  if (cardKvBytes.length === 0) return undefined;
  const mean = cardKvBytes.reduce((sum, bytes) => sum + bytes, 0) / cardKvBytes.length;
  return mean === 0 ? undefined : kvByteSeconds / mean / SECONDS_PER_HOUR;
}

/** A price as one types it; undefined: that is none. */
export function priceIn(text: string): number | undefined {
  const price = Number(text.trim().replace(',', '.'));
  return text.trim() !== '' && Number.isFinite(price) && price >= 0 ? price : undefined;
}

export const money = (amount: number): string =>
  amount !== 0 && Math.abs(amount) < 0.01 ? amount.toPrecision(2) : amount.toFixed(2);

const UNITS = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** `12.3 G`: byte-seconds are many. */
export function short(value: number): string {
  const step = value < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** step;
  return `${step === 0 ? Math.round(scaled) : scaled.toFixed(scaled < 10 ? 2 : 1)} ${UNITS[step] ?? ''}`.trim();
}

/** A limit as one types it: nothing is no limit. Undefined: that is no whole number above 0. */
export function limitIn(text: string): number | null | undefined {
  if (text.trim() === '') return null;
  const limit = Number(text.replaceAll(/[\s,_]/g, ''));
  return Number.isSafeInteger(limit) && limit > 0 ? limit : undefined;
}
