import type { JobView } from '@gistpool/contracts';
import { isOpen } from './states';

/**
 * The rows of a list that is read page by page while jobs come and change: the pages as they were read, before them
 * what came since, and each job as it was seen last. `hasGap`: more came than were asked for; the list must be read anew.
 */
export interface JobRows {
  readonly rows: readonly JobView[];
  readonly hasGap: boolean;
}

export function jobRows(
  pages: readonly (readonly JobView[])[],
  cameSince: readonly JobView[],
  newest: readonly JobView[],
  now: ReadonlyMap<string, JobView>,
): JobRows {
  const read = new Set(pages.flatMap((page) => page.map((job) => job.id)));
  const since = mergedNewest(cameSince, newest, read);
  const rows = new Map<string, JobView>();
  for (const job of [...since, ...pages.flat()]) rows.set(job.id, now.get(job.id) ?? job);
  return { rows: [...rows.values()], hasGap: isApart(newest, read, cameSince) };
}

/** Each job as it was seen last. The same map when nothing is new; what has ended does not begin again. */
export function latestOf(
  known: ReadonlyMap<string, JobView>,
  seen: readonly JobView[],
): ReadonlyMap<string, JobView> {
  const last = new Map(seen.map((job) => [job.id, job]));
  const news = [...last.values()].filter((job) => {
    const before = known.get(job.id);
    return before !== job && !(before !== undefined && !isOpen(before.state) && isOpen(job.state));
  });
  return news.length === 0 ? known : new Map([...known, ...news.map((job) => [job.id, job] as const)]);
}

/** Newer than all that was read, newest first; ids sort by the time of submit. */
export function mergedNewest(
  cameSince: readonly JobView[],
  newest: readonly JobView[],
  read: ReadonlySet<string>,
): readonly JobView[] {
  const known = new Set(cameSince.map((job) => job.id));
  const added = newest.filter((job) => !read.has(job.id) && !known.has(job.id) && isNewer(job, read));
  return added.length === 0 ? cameSince : [...added, ...cameSince];
}

function isNewer(job: JobView, read: ReadonlySet<string>): boolean {
  const [first] = read;
  return first === undefined || job.id > first;
}

/** A full answer of which nothing is known leaves jobs between itself and what is known. */
const isApart = (
  newest: readonly JobView[],
  read: ReadonlySet<string>,
  cameSince: readonly JobView[],
): boolean =>
  newest.length >= 100 &&
  read.size > 0 &&
  newest.every((job) => !read.has(job.id)) &&
  !newest.some((job) => cameSince.some((known) => known.id === job.id));
