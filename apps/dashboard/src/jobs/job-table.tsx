import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import type { JobView } from '@gistpool/contracts';
import { useNow } from '../ui/use-now';
import { COLUMNS, JobRow } from './job-row';

const ROW_PX = 38;
/** The next page is asked for when so many rows are left below. */
const ROWS_AHEAD = 200;

interface JobTableProps {
  readonly rows: readonly JobView[];
  readonly hasMore: boolean;
  readonly picked: ReadonlySet<string>;
  readonly onPick: (id: string) => void;
  readonly onSee: (rows: readonly JobView[]) => void;
  readonly onEnd: () => void;
}

/** Only the rows on the screen exist; the rest of the list is its height. */
export function JobTable({ rows, hasMore, picked, onPick, onSee, onEnd }: JobTableProps) {
  const nowMs = useNow();
  const list = useRef<HTMLDivElement>(null);
  const [offsetPx, setOffsetPx] = useState(0);
  useEffect(() => setOffsetPx(list.current?.offsetTop ?? 0), []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollMargin: offsetPx,
    getItemKey: (at) => rows[at]?.id ?? at,
  });
  const items = virtual.getVirtualItems();
  const visible = items.flatMap((item) => rows[item.index] ?? []);
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    onSee(visible);
    if (hasMore && last >= rows.length - ROWS_AHEAD) onEnd();
  });
  return (
    <div role="table" aria-label="Jobs" aria-rowcount={hasMore ? -1 : rows.length + 1} className="jobs">
      <div role="row" className="job-row head" aria-rowindex={1}>
        {COLUMNS.map((name) => (
          <span role="columnheader" key={name} className={classOf(name)}>
            {name === 'Pick' ? <span className="visually-hidden">{name}</span> : name}
          </span>
        ))}
      </div>
      <div ref={list} role="rowgroup" className="job-rows" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const job = rows[item.index];
          if (job === undefined) return null;
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              className={picked.has(job.id) ? 'job-row picked' : 'job-row'}
              style={{ transform: `translateY(${item.start - offsetPx}px)`, height: ROW_PX }}
            >
              <JobRow job={job} nowMs={nowMs} isPicked={picked.has(job.id)} onPick={onPick} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

const ALWAYS: readonly string[] = ['Pick', 'Job', 'State', 'Wait or run'];
const RIGHT: readonly string[] = ['Thoughts', 'Predicted', 'Peak', 'Submitted'];

const classOf = (name: string): string =>
  [ALWAYS.includes(name) ? '' : 'wide-only', RIGHT.includes(name) ? 'right' : ''].join(' ').trim();
