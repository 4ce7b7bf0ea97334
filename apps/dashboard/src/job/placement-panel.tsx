import { useQuery } from '@tanstack/react-query';
import type { JobView, JobWait } from '@gistpool/contracts';
import { placementOf } from '../api/jobs';
import { count, plural } from '../format/numbers';
import { duration } from '../format/time';
import { Figures } from '../ui/figures';
import { isOpen } from '../jobs/states';

/** Where it is; and while it waits, why not now. */
export function PlacementPanel({ job }: { readonly job: JobView }) {
  const { data } = useQuery({
    ...placementOf(job.id),
    refetchInterval: isOpen(job.state) ? 2_000 : false,
  });
  if (!isOpen(job.state) || data === undefined || (data.place === null && data.wait === null)) return null;
  return (
    <section className="panel stack tight" aria-labelledby="placement">
      <h2 id="placement">{data.wait === null ? 'Where it is' : 'Why not now'}</h2>
      {data.wait !== null && <Wait wait={data.wait} />}
      <Figures
        isPlain
        figures={[
          ...(data.place === null
            ? []
            : ([
                ['card, lane', `${data.place.card}, ${data.place.lane}`],
                ['reserved', plural(data.place.reserved_cells, 'cell')],
              ] as const)),
          ['predicted peak', plural(data.predicted_cells, 'cell')],
          ['never more than', plural(data.bound_cells, 'cell')],
          ['lost workers', count(data.attempts.crashes)],
          ['resumed', count(data.attempts.resumes)],
        ]}
      />
    </section>
  );
}

function Wait({ wait }: { readonly wait: JobWait }) {
  return (
    <>
      <p>{wait.text}</p>
      <Figures
        isPlain
        figures={[
          ['position', wait.position === null ? 'being moved' : `${count(wait.position)} of its tenant`],
          ['waiting', `${plural(wait.waiting, 'job')} of its model`],
          ['placed in about', wait.eta_ms === null ? 'not known yet' : duration(wait.eta_ms)],
        ]}
      />
    </>
  );
}
