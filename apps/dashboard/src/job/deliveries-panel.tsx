import { useQuery } from '@tanstack/react-query';
import type { JobView } from '@gistpool/contracts';
import { deliveriesOf } from '../api/jobs';
import { moment } from '../format/time';
import { useNow } from '../ui/use-now';

const TONES = { delivered: 'good', failed: 'warn', gave_up: 'bad' } as const;
const WORDS = { delivered: 'delivered', failed: 'to be tried again', gave_up: 'given up' } as const;

/** Who is told of its end, and how that went. */
export function DeliveriesPanel({ job }: { readonly job: JobView }) {
  const nowMs = useNow();
  const { data } = useQuery({
    ...deliveriesOf(job.id),
    enabled: job.webhook !== undefined,
    refetchInterval: 2_000,
  });
  if (job.webhook === undefined) return null;
  return (
    <section className="panel stack tight" aria-labelledby="deliveries">
      <h2 id="deliveries">Webhook</h2>
      <p className="said small mono">{job.webhook.url}</p>
      {data === undefined || data.data.length === 0 ? (
        <p className="soft small">Nothing was sent yet.</p>
      ) : (
        <ol className="log small" tabIndex={0} aria-label="Deliveries">
          {data.data.map((one) => (
            <li key={`${one.id}-${one.attempt}-${one.at_ms}`}>
              <time dateTime={new Date(one.at_ms).toISOString()}>{moment(one.at_ms, nowMs)}</time> {one.type}{' '}
              <span className={`badge ${TONES[one.outcome]}`}>{WORDS[one.outcome]}</span>{' '}
              <span className="soft">{one.error ?? `answered ${one.status}`}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
