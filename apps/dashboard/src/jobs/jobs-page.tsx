import { useState } from 'react';
import { Link } from 'react-router';
import '../style/jobs.css';
import { plural } from '../format/numbers';
import { May } from '../session/may';
import { Empty } from '../ui/empty';
import { Problem } from '../ui/problem';
import { useTitle } from '../ui/use-title';
import type { JobQuery } from '../api/jobs';
import { BulkBar } from './bulk-bar';
import { FilterBar } from './filter-bar';
import { JobTable } from './job-table';
import { useJobQuery } from './use-job-query';
import { useJobRows } from './use-job-rows';

export function JobsPage() {
  useTitle('Jobs');
  const [filter, change, clear] = useJobQuery();
  return (
    <div className="stack">
      <div className="row apart">
        <h1>Jobs</h1>
        <May scope="submit">
          <Link className="button strong" to="/submit">
            Submit a job
          </Link>
        </May>
      </div>
      <FilterBar filter={filter} onChange={change} onClear={clear} />
      {/* Another filter is another list, with nothing picked. */}
      <JobList key={JSON.stringify(filter)} filter={filter} />
    </div>
  );
}

function JobList({ filter }: { readonly filter: JobQuery }) {
  const list = useJobRows(filter);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const pick = (id: string): void => setPicked((before) => toggled(before, id));
  return (
    <>
      <div className="row apart">
        <p className="soft small" role="status">
          {list.isLoading
            ? 'Loading…'
            : `${plural(list.rows.length, 'job')} ${list.hasMore ? 'loaded, more below' : 'in all'}`}
        </p>
        <May scope="submit">
          <BulkBar filter={filter} picked={picked} onDone={() => setPicked(new Set())} />
        </May>
      </div>
      <Problem error={list.error} />
      {!list.isLoading && list.rows.length === 0 && !list.hasMore ? (
        <NoJobs isFiltered={Object.keys(filter).length > 0} />
      ) : (
        <JobTable
          rows={list.rows}
          hasMore={list.hasMore}
          picked={picked}
          onPick={pick}
          onSee={list.see}
          onEnd={list.loadMore}
        />
      )}
    </>
  );
}

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

function NoJobs({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <Empty title="No job is like that">
        <p>Clear a part of the filter. Finished jobs beyond the last 100,000 of each state are forgotten.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No jobs yet">
      <p>
        <Link to="/submit">Submit one</Link>, drop a file of them on <Link to="/batches">Batches</Link>, or
        run <code>./gistpool submit jobs.jsonl</code>.
      </p>
    </Empty>
  );
}
