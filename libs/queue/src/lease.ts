import type { Redis } from 'ioredis';
import type { FinishReason, JobEvent, JobFailure, JobState, Usage } from '@gistpool/contracts';
import type { Course } from '@gistpool/core';
import type { Logger } from '@gistpool/telemetry';
import type { BullQueues } from './bull';
import { textOfCheckpoint } from './checkpoint-text';
import { endingOf, type Ending } from './endings';
import type { Names } from './names';
import { textOfPlacement } from './placement-text';
import { writeScript } from './scripts/write';
import { DEADLINE_PASSED } from './stops';
import {
  LeaseLost,
  type Checkpoint,
  type JobRecord,
  type Lease,
  type LeaseChange,
  type Place,
  type Placement,
  type StopRequest,
} from './types';

/** Of these nothing changes by trying again. */
const LASTING_FAILURES = ['does_not_fit', 'poison'];
const LONGEST_BACKOFF_MS = 3_600_000;

/** What a lease needs of the port that handed it out. */
export interface LeaseContext {
  readonly redis: Redis;
  readonly names: Names;
  readonly bull: BullQueues;
  readonly leaseMs: number;
  readonly keepEventsMs: number;
  readonly logger: Logger | undefined;
  /** The job is no longer in this worker's hands, whichever way it went. */
  readonly onReleased: (jobId: string) => void;
}

interface Write {
  readonly state?: JobState;
  readonly checkpoint?: Checkpoint;
  readonly fields?: Readonly<Record<string, string | number>>;
  readonly events?: readonly JobEvent[];
  /** Of the job, when it has ended. */
  readonly ending?: Ending;
  /** The job's new entry in the ledger of its card. */
  readonly placement?: Placement;
  /** Line of the job's log: its kind, a blank, and more. */
  readonly log?: string;
}

/**
 * How a job ends exactly once. The end is one atomic write: fenced by the token, refused when the record has
 * ended already, and with it the last events. BullMQ is told afterwards. When the process or Redis dies in
 * between, the BullMQ job stalls, is fetched again, and the scheduler finds in the record that nothing is left
 * to do. A write that is sent twice because a reply was lost is recognised by its number.
 */
export class RedisLease implements Lease {
  stopRequested: StopRequest | undefined;
  private writes = 0;
  private parks: number;

  constructor(
    private readonly context: LeaseContext,
    readonly placement: Placement,
    readonly job: JobRecord,
    readonly checkpoint: Checkpoint | undefined,
    stopRequested: StopRequest | undefined,
    /** Writes that were made under this token before (a worker that takes a job twice goes on counting). */
    writesBefore: number,
  ) {
    this.stopRequested = stopRequested;
    this.parks = checkpoint?.parks ?? 0;
    this.writes = writesBefore;
  }

  async extend(): Promise<void> {
    await this.send(0, {});
  }

  async report(events: readonly JobEvent[], change: LeaseChange = {}): Promise<void> {
    const { state, checkpoint, thoughts, place, usage } = change;
    const peakCells = checkpoint?.peakCells;
    await this.write({
      events,
      ...(state === undefined ? {} : { state }),
      ...(checkpoint === undefined ? {} : { checkpoint }),
      fields: {
        ...(thoughts === undefined ? {} : { thoughts }),
        ...(peakCells === undefined ? {} : { peakCells }),
        ...(usage === undefined ? {} : { usage: JSON.stringify(usage) }),
      },
      ...(place === undefined ? {} : { placement: { ...this.placement, ...place } }),
      ...this.logOf(checkpoint, place),
    });
  }

  /** What came together in one write is one line. */
  private logOf(checkpoint: Checkpoint | undefined, place: Place | undefined): { log?: string } {
    const parks = checkpoint?.parks ?? 0;
    const isParked = parks > this.parks;
    if (isParked) this.parks = parks;
    if (isParked) return { log: `parked ${checkpoint?.thoughts} thoughts` };
    if (place !== undefined) return { log: `moved lane ${place.lane}, ${place.reservedCells} cells` };
    if (checkpoint !== undefined) return { log: `checkpoint ${checkpoint.thoughts} thoughts` };
    return {};
  }

  complete(usage: Usage, finishReason: FinishReason, course?: Course): Promise<void> {
    return this.ended('completed', usage, finishReason, course);
  }

  async fail(failure: JobFailure): Promise<void> {
    const { retries = 0, retryBackoffMs = 0, failedAttempts } = this.job;
    if (failedAttempts < retries && !LASTING_FAILURES.includes(failure.code)) {
      const waitMs = Math.min(LONGEST_BACKOFF_MS, retryBackoffMs * 2 ** failedAttempts);
      return this.putOff(failure, failedAttempts + 1, Date.now() + waitMs);
    }
    await this.end(
      'failed',
      { failure: JSON.stringify(failure) },
      [{ type: 'error', error: failure }],
      failure.message,
    );
  }

  cancelled(usage: Usage, course?: Course): Promise<void> {
    return this.ended('cancelled', usage, 'cancelled', course);
  }

  expired(usage: Usage, course?: Course): Promise<void> {
    return this.ended('expired', usage, 'cancelled', course);
  }

  async handBack(): Promise<void> {
    await this.leave('waiting', {});
    // If this does not happen the job stalls and comes back a little later; no crash is counted either way.
    await this.tellBull(() =>
      this.context.bull.moveToWait(this.placement.queue, this.job.id, this.placement.token),
    );
    await this.context.redis.publish(this.context.names.changedChannel, '');
  }

  pause(): Promise<void> {
    return this.setAside('paused', {});
  }

  private putOff(failure: JobFailure, failedAttempts: number, notBeforeMs: number): Promise<void> {
    const fields = { failedAttempts, notBeforeMs, failure: JSON.stringify(failure) };
    return this.setAside('delayed', fields, [{ type: 'error', error: failure }]);
  }

  /** BullMQ has no part in it until it waits again. */
  private async setAside(
    state: 'delayed' | 'paused',
    fields: Readonly<Record<string, string | number>>,
    events: readonly JobEvent[] = [],
  ): Promise<void> {
    await this.leave(state, fields, events);
    await this.tellBull(() =>
      this.context.bull.settle(this.placement.queue, this.job.id, this.placement.token, state),
    );
    await this.context.redis.publish(this.context.names.changedChannel, '');
  }

  private async leave(
    state: JobState,
    fields: Readonly<Record<string, string | number>>,
    events: readonly JobEvent[] = [],
  ): Promise<void> {
    await this.write({ state, fields, events: [...events, { type: 'state', state, at_ms: Date.now() }] });
    this.context.onReleased(this.job.id);
  }

  private ended(
    state: 'completed' | 'cancelled' | 'expired',
    usage: Usage,
    finishReason: FinishReason,
    course: Course | undefined,
  ): Promise<void> {
    const fields = {
      finishReason,
      usage: JSON.stringify(usage),
      thoughts: usage.thoughts,
      ...(course && { course: JSON.stringify(course) }),
      ...(state === 'expired' && { failure: JSON.stringify(DEADLINE_PASSED) }),
    };
    const outcome = state === 'completed' ? state : 'cancelled';
    const ending = course && endingOf(this.job, this.placement, outcome, usage, course);
    return this.end(state, fields, [{ type: 'usage', usage }], undefined, ending);
  }

  private async end(
    state: JobState,
    fields: Readonly<Record<string, string | number>>,
    events: readonly JobEvent[],
    reason?: string,
    ending?: Ending,
  ): Promise<void> {
    const nowMs = Date.now();
    await this.write({
      state,
      fields: { ...fields, finishedAtMs: nowMs },
      events: [...events, { type: 'state', state, at_ms: nowMs }],
      ...(ending === undefined ? {} : { ending }),
    });
    this.context.onReleased(this.job.id);
    await this.tellBull(() =>
      this.context.bull.settle(this.placement.queue, this.job.id, this.placement.token, state, reason),
    );
  }

  private async write(change: Write): Promise<void> {
    this.writes += 1;
    await this.send(this.writes, change);
  }

  private async send(number: number, change: Write): Promise<void> {
    const { redis, names, leaseMs, keepEventsMs } = this.context;
    const { queue, token } = this.placement;
    const id = this.job.id;
    const reply = await sendWrite(redis, names, { queue, id, token, leaseMs, keepEventsMs, number }, change);
    if (reply === 'lost') {
      this.context.onReleased(id);
      throw new LeaseLost(id);
    }
    if (reply !== 'held') this.stopRequested = STOPS[reply];
  }

  private async tellBull(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.context.logger?.warn(
        { job: this.job.id, error: String(error) },
        'bullmq was not told; the scheduler will see to it',
      );
    }
  }
}

/** What scripts say of a stop that was asked for. */
export type StopReply = `${StopRequest}-requested`;
export const STOPS: Record<StopReply, StopRequest> = {
  'cancel-requested': 'cancel',
  'expire-requested': 'expire',
  'pause-requested': 'pause',
};

type WriteReply = 'held' | 'lost' | StopReply;

/** One fenced write (see writeScript). Used by leases and by the scheduler, which holds the same kind of token. */
export async function sendWrite(
  redis: Redis,
  names: Names,
  bearer: { queue: string; id: string; token: string; leaseMs: number; keepEventsMs: number; number: number },
  change: Write,
): Promise<WriteReply> {
  const { queue, id } = bearer;
  const fields = Object.entries(change.fields ?? {});
  return (await writeScript.run(
    redis,
    [
      names.lock(queue, id),
      names.stalled(queue),
      names.active(queue),
      names.record(id),
      names.events(id),
      names.checkpoint(id),
      names.endings,
    ],
    [
      names.prefix,
      id,
      bearer.token,
      bearer.leaseMs,
      bearer.number,
      change.state ?? '',
      change.checkpoint === undefined ? '' : textOfCheckpoint(change.checkpoint),
      bearer.keepEventsMs,
      change.placement === undefined ? '' : textOfPlacement(change.placement),
      change.ending === undefined ? '' : JSON.stringify(change.ending),
      change.log ?? '',
      fields.length,
      ...fields.flat(),
      ...(change.events ?? []).map((event) => JSON.stringify(event)),
    ],
  )) as WriteReply;
}
