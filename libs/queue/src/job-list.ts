import type { Redis } from 'ioredis';
import type { JobFilter } from '@gistpool/contracts';
import type { Names } from './names';
import { FILTER_FIELDS, hasTag, recordOf } from './record';
import type { JobRecord } from './types';

const SCAN_AT_ONCE = 500;
/** A search reads the prompts, which may be long: fewer at once, and not without end. */
const SEARCH_AT_ONCE = 100;
const SEARCH_AT_MOST = 5_000;
const TEXT_FIELDS = ['spec', 'messages'] as const;

type Filter = Omit<JobFilter, 'include' | 'ids'>;

/**
 * One page, newest first. Every index is ordered by the number a job got at submit, which is unique: a cursor
 * is the number of the last job of a page, and no job is shown twice or left out however many come meanwhile.
 * A search looks at so many jobs and answers what it found; the cursor goes on behind the last it looked at.
 */
export async function listJobs(
  redis: Redis,
  names: Names,
  filter: Filter,
): Promise<{ jobs: JobRecord[]; nextCursor: string | null }> {
  const index = narrowestIndex(names, filter);
  const { search } = filter;
  const scanAtOnce = search === undefined ? SCAN_AT_ONCE : SEARCH_AT_ONCE;
  const fields = search === undefined ? FILTER_FIELDS : ([...FILTER_FIELDS, ...TEXT_FIELDS] as const);
  let looked = 0;
  let below = filter.cursor !== undefined && /^\d+$/.test(filter.cursor) ? `(${filter.cursor}` : '+inf';
  const found: { id: string; seq: string }[] = [];
  let restFrom: string | null = null;
  // One more than asked for says whether there is a next page.
  while (found.length <= filter.limit) {
    const scanned = await redis.zrevrangebyscore(index, below, '-inf', 'WITHSCORES', 'LIMIT', 0, scanAtOnce);
    if (scanned.length === 0) break;
    const ids = scanned.filter((_, at) => at % 2 === 0);
    const reads = redis.pipeline();
    for (const id of ids) reads.hmget(names.record(id), 'seq', 'tags', ...fields);
    for (const [at, [error, reply]] of ((await reads.exec()) ?? []).entries()) {
      if (error) throw error;
      const [seq, tags, ...values] = reply as (string | null)[];
      const id = ids[at];
      if (id === undefined || typeof seq !== 'string' || found.length > filter.limit) continue;
      if (FILTER_FIELDS.some((field, n) => filter[field] !== undefined && filter[field] !== values[n]))
        continue;
      if (filter.tag !== undefined && !hasTag(tags, filter.tag)) continue;
      if (search === undefined || says(id, values.slice(FILTER_FIELDS.length), search))
        found.push({ id, seq });
    }
    const last = scanned.at(-1) ?? '0';
    below = `(${last}`;
    looked += ids.length;
    if (search !== undefined && looked >= SEARCH_AT_MOST && found.length <= filter.limit) {
      restFrom = ids.length < scanAtOnce ? null : last;
      break;
    }
  }
  const page = found.slice(0, filter.limit);
  const records = redis.pipeline();
  for (const { id } of page) records.hgetall(names.record(id));
  const jobs: JobRecord[] = [];
  for (const [error, fields] of (await records.exec()) ?? []) {
    if (error) throw error;
    const record = recordOf(fields as Record<string, string>);
    if (record) jobs.push(record);
  }
  return { jobs, nextCursor: found.length > filter.limit ? (page.at(-1)?.seq ?? null) : restFrom };
}

/** Whether the text is in the job's id, or in its custom_id, messages or metadata, which the fields of text hold as JSON. */
function says(id: string, [spec, kept]: readonly (string | null)[], search: string): boolean {
  const wanted = search.toLowerCase();
  if (id.toLowerCase().includes(wanted)) return true;
  // Records of an older version have their messages in `spec`.
  const { customId, messages = [], metadata } = JSON.parse(spec ?? '{}') as Partial<JobRecord>;
  const said = typeof kept === 'string' ? (JSON.parse(kept) as JobRecord['messages']) : messages;
  const texts = [customId ?? '', ...Object.values(metadata ?? {}), ...said.map(({ content }) => content)];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}

/** The index that is likely the shortest; what it does not decide is filtered. */
function narrowestIndex(names: Names, filter: Filter): string {
  if (filter.batch !== undefined) return names.jobsOf('batch', filter.batch);
  if (filter.state !== undefined) return names.jobsInState(filter.state);
  if (filter.tag !== undefined) return names.jobsOf('tag', filter.tag);
  if (filter.task !== undefined) return names.jobsOf('task', filter.task);
  if (filter.tenant !== undefined) return names.jobsOf('tenant', filter.tenant);
  if (filter.model !== undefined) return names.jobsOf('model', filter.model);
  return names.allJobs;
}
