import type { JobView } from '@gistpool/contracts';

/** A finished job's promise and what it held. */
export interface PeakPoint {
  readonly id: string;
  readonly predicted: number;
  readonly actual: number;
  readonly isMissed: boolean;
}

export const peakPoints = (jobs: readonly JobView[]): readonly PeakPoint[] =>
  jobs.flatMap(({ id, usage }) =>
    usage === undefined || usage.predicted_peak_cells === 0
      ? []
      : [
          {
            id,
            predicted: usage.predicted_peak_cells,
            actual: usage.peak_cells,
            isMissed: usage.peak_cells > usage.predicted_peak_cells,
          },
        ],
  );

/** Share of promises that were kept; null without any. */
export const keptShare = ({ promises, missed }: { promises: number; missed: number }): number | null =>
  promises <= 0 ? null : Math.max(0, 1 - missed / promises);

/** The next of 1, 2, 3, 4, 6, 8, 10, 20, … that is not below: where an axis ends, with a round middle. */
export function roundUp(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return ([1, 2, 3, 4, 6, 8, 10].find((step) => step * magnitude >= value) ?? 10) * magnitude;
}
