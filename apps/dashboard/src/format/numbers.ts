const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

export const count = (value: number): string => whole.format(value);

/** A rate or an average: one digit where it is small. */
export const rate = (value: number): string => (value < 100 ? oneDigit : whole).format(value);

/** A share from 0 to 1. */
export const percent = (share: number, digits = 0): string => `${(share * 100).toFixed(digits)} %`;

export const plural = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(value: number): string {
  const step = value < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(value) / 10));
  const scaled = value / 1024 ** step;
  return `${step === 0 || scaled >= 100 ? whole.format(scaled) : oneDigit.format(scaled)} ${UNITS[step] ?? 'B'}`;
}
