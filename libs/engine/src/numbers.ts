const MIB = 1024 * 1024;

export const megabytes = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

/** The engine makes slots of whole multiples of 256 cells. */
export const roundUpTo256 = (cells: number): number => Math.ceil(cells / 256) * 256;
