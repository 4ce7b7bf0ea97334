import { rate } from '../format/numbers';
import { duration } from '../format/time';
import { etaMs, perSecond, type Sample } from './pace';

/** How fast it goes, and when it is likely to be done. */
export function PaceText({
  samples,
  total,
}: {
  readonly samples: readonly Sample[];
  readonly total: number;
}) {
  const pace = perSecond(samples);
  if (pace === null) return null;
  if (pace === 0) return <>nothing ends at present</>;
  const left = etaMs(samples, total);
  return (
    <>
      {pace > 0 && pace < 0.1 ? `${rate(60 * pace)} a minute` : `${rate(pace)} a second`}
      {left === null ? '' : `, about ${duration(left)} to go`}
    </>
  );
}
