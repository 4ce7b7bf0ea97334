import type { PredictionsView } from '@gistpool/contracts';

/** Between these the scheduler steers (core's Margin). */
const LEAST = 1.5;
const MOST = 4;

/** How much pools keep free beyond the mean of what their sessions are foreseen to hold, by model. */
export function MarginPanel({ margins }: { readonly margins: PredictionsView['margins'] }) {
  return (
    <section className="panel stack tight" aria-labelledby="margins">
      <h2 id="margins">Kept free in shared pools</h2>
      {margins.map(({ model, deviations }) => (
        <div key={model} className="margin">
          <span className="mono job-name">{model}</span>
          <meter
            min={0}
            max={MOST}
            value={deviations}
            aria-label={`Margin of ${model}: ${deviations.toFixed(2)} deviations, between ${LEAST} and ${MOST}`}
          />
          <span className="number">{deviations.toFixed(2)} deviations</span>
        </div>
      ))}
      <p className="soft small">
        A pool takes a session in while the mean of all that its sessions will hold, and so many deviations,
        stay within its cells. It is steered: each job that overflows widens it, each that does not narrows it
        a little, between {LEAST} (nothing is gained below) and {MOST}.
      </p>
    </section>
  );
}
