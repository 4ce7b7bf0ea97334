export interface Sample {
  readonly atMs: number;
  /** Jobs or lines that have ended. */
  readonly ended: number;
}

/** Over how long the pace is taken. */
const OVER_MS = 60_000;

export const addedSample = (
  before: readonly Sample[] | undefined,
  ended: number,
  atMs: number,
): readonly Sample[] => [
  ...(before ?? []).filter((sample) => sample.atMs >= atMs - OVER_MS),
  { atMs, ended },
];

/** Ended per second while the page looked on; null as long as it has not seen enough. */
export function perSecond(samples: readonly Sample[]): number | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.atMs - first.atMs < 2_000) return null;
  return Math.max(0, (1000 * (last.ended - first.ended)) / (last.atMs - first.atMs));
}

/** Null: nobody can tell, nothing ends at present. */
export function etaMs(samples: readonly Sample[], total: number): number | null {
  const pace = perSecond(samples);
  const left = total - (samples.at(-1)?.ended ?? 0);
  return pace === null || pace === 0 ? null : (1000 * left) / pace;
}
