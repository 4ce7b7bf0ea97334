import { tmpdir } from 'node:os';
import { FileBlobStore } from '@gistpool/blob';
import type { Usage } from '@gistpool/contracts';
import type { Checkpoint, Lease, LeaseChange } from '@gistpool/queue';
import { expect, it } from 'vitest';
import { HeldJob } from './held-job';
import { NOTHING_USED, usageOf } from './usage';

const checkpoint = { version: 1 as const, sampled: [1, 2], thoughts: 1 };

/** A lease that keeps what it is told. */
function leaseOf(outgrown: number, parksBefore: number) {
  const checkpoints: (Checkpoint | undefined)[] = [];
  const usages: Usage[] = [];
  const lease = {
    job: { id: 'job_a', outgrown, createdAtMs: 0, promptTokens: 5, resumes: 1 },
    placement: { placedAtMs: 0, reservedCells: 100 },
    checkpoint: { ...checkpoint, runMs: 3, parks: parksBefore, kvByteSeconds: 700 },
    report: (_events: unknown, { checkpoint, usage }: LeaseChange) => {
      checkpoints.push(checkpoint);
      if (usage !== undefined) usages.push(usage);
      return Promise.resolve();
    },
    handBack: () => Promise.resolve(),
    cancelled: (usage: Usage) => {
      usages.push(usage);
      return Promise.resolve();
    },
  } as unknown as Lease;
  return { lease, checkpoints, usages };
}

it('counts how often its session was parked, over all workers that had it, and how often it was handed back', async () => {
  const { lease, checkpoints, usages } = leaseOf(2, 1);
  const job = new HeldJob(lease, 'card-0', new FileBlobStore(tmpdir()), () => undefined);
  job.hear({ jobId: 'job_a', kind: 'parked', cells: 9, checkpoint, use: NOTHING_USED });
  await job.outbox.idle();
  expect(checkpoints.at(-1)).toMatchObject({ parks: 2 });
  job.cancelled(usageOf(lease, 1, NOTHING_USED, 2));
  await job.outbox.ended;
  expect(usages.at(-1)).toMatchObject({ overflows: 4 });
});

it('adds what it used here to what its checkpoint brought along, and tells it with each checkpoint and at its end', async () => {
  const { lease, checkpoints, usages } = leaseOf(0, 0);
  const job = new HeldJob(lease, 'card-0', new FileBlobStore(tmpdir()), () => undefined);
  const use = { ...NOTHING_USED, kvByteSeconds: 30 };
  job.hear({ jobId: 'job_a', kind: 'parked', cells: 9, checkpoint, use });
  await job.outbox.idle();
  expect(checkpoints.at(-1)).toMatchObject({ kvByteSeconds: 730 });
  expect(usages.at(-1)).toMatchObject({ kv_byte_seconds: 730 });
  job.handBack({ checkpoint, use: { ...use, kvByteSeconds: 50 } });
  await job.outbox.idle();
  expect(checkpoints.at(-1)).toMatchObject({ kvByteSeconds: 750 });
});
