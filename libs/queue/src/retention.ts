import { randomUUID } from 'node:crypto';
import { isTerminal, type JobState } from '@gistpool/contracts';
import { closeRedis, openRedis } from './connection';
import { forgetOldJobs, type Kept } from './forget';
import { namesFor } from './names';
import type { QueueConfig } from './queue-config';
import { holdBatchScript } from './scripts/batch-lease';

/** What is known of the job whose result is looked at. */
export interface ResultOwner {
  readonly hasEnded: boolean;
  readonly finishedAtMs: number;
}

/** What is needed to let go of what is not to be kept any longer. */
export interface Retention {
  /** One process at a time tidies up, for so long. */
  hold(ms: number): Promise<boolean>;
  /** A bounded number of records; answers the ids of their jobs. */
  forget(kept: Kept): Promise<string[]>;
  /** In the order of the ids; undefined: there is no such job. */
  owners(jobIds: readonly string[]): Promise<(ResultOwner | undefined)[]>;
  noteResultsDeleted(jobIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export function connectRetention(config: QueueConfig): Retention {
  const redis = openRedis(config, 'retention');
  const names = namesFor(config.prefix);
  const owner = randomUUID();
  return {
    hold: async (ms) => (await holdBatchScript.run(redis, [names.tidyLease], [owner, ms])) === 1,
    forget: (kept) => forgetOldJobs(redis, names, kept),
    owners: async (jobIds) => {
      const reads = redis.pipeline();
      for (const id of jobIds) reads.hmget(names.record(id), 'state', 'finishedAtMs');
      return ((await reads.exec()) ?? []).map(([error, reply]) => {
        if (error) throw error;
        const [state, finishedAtMs] = reply as (string | null)[];
        if (!state) return undefined;
        return { hasEnded: isTerminal(state as JobState), finishedAtMs: Number(finishedAtMs ?? 0) };
      });
    },
    noteResultsDeleted: async (jobIds) => {
      const writes = redis.pipeline();
      for (const id of jobIds) writes.hset(names.record(id), 'resultDeleted', '1');
      await writes.exec();
    },
    close: () => closeRedis(redis),
  };
}
