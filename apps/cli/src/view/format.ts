/** `12,345`, whatever the locale. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export const decimals = (value: number, digits: number): string => value.toFixed(digits);

export const mebibytes = (bytes: number): string => `${decimals(bytes / 1024 / 1024, 1)} MiB`;

/** Rounded for a machine to read: no 0.30000000000000004. */
export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
