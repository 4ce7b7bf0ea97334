import type { JobRecord } from '@gistpool/queue';
import { jobNotFound } from '../http/api-error';
import type { Pool } from '../pool';
import { isJobId } from './ids';

/** The job, or a 404. */
export async function findJob(pool: Pool, id: string): Promise<JobRecord> {
  const job = isJobId(id) ? await pool.jobs.get(id) : undefined;
  if (job === undefined) throw jobNotFound(id);
  return job;
}
