import type { BlobStore } from '@gistpool/blob';
import type { JobResult, Usage } from '@gistpool/contracts';
import type { Course, SessionCheckpoint } from '@gistpool/core';
import type { SessionReport, SessionRequest, SessionUse } from '@gistpool/engine';
import type { Checkpoint, Lease, StopRequest } from '@gistpool/queue';
import { JobTrace } from './job-trace';
import { Outbox } from './outbox';
import { NOTHING_USED, usageOf } from './usage';
import type { JobOutcome } from './worker-metrics';

type Finish = Extract<SessionReport, { kind: 'finish' }>;

/** A session that was taken out of its card. */
export interface TakenOut {
  readonly checkpoint: SessionCheckpoint;
  readonly use: SessionUse;
}

/** A job in this worker's hands: what its session reports goes out as events, checkpoints and one end. */
export class HeldJob {
  readonly outbox: Outbox;
  isExtending = false;
  /** Its session is cancelled since its deadline passed. */
  isExpiring = false;
  /** How it leaves this worker, once that is decided. */
  leaving: { readonly outcome: JobOutcome; readonly usage?: Usage } | undefined;
  /** Undefined: nobody traces this job. */
  readonly trace: JobTrace | undefined;
  private readonly runMsBefore: number;
  private admittedAtMs: number | undefined;
  private parks: number;

  constructor(
    readonly lease: Lease,
    private readonly card: string,
    private readonly blobs: BlobStore,
    onTrouble: (error: Error) => void,
    /** What has passed is counted by it: a wall clock that somebody sets would be paid for by the job. */
    private readonly sinceStartMs: () => number = () => performance.now(),
  ) {
    this.outbox = new Outbox(lease, onTrouble);
    this.trace = JobTrace.of(lease, card);
    this.runMsBefore = lease.checkpoint?.runMs ?? 0;
    this.parks = lease.checkpoint?.parks ?? 0;
  }

  get id(): string {
    return this.lease.job.id;
  }

  get request(): SessionRequest {
    const { job, placement, checkpoint } = this.lease;
    return {
      jobId: job.id,
      lane: placement.lane,
      messages: job.messages,
      limits: job.limits,
      sampling: job.sampling,
      reservedCells: placement.reservedCells,
      ...(job.task !== undefined && { task: job.task }),
      ...(checkpoint !== undefined && {
        checkpoint: {
          version: 1,
          sampled: checkpoint.sampled,
          thoughts: checkpoint.thoughts,
          ...(checkpoint.logprobs !== undefined && { logprobs: checkpoint.logprobs }),
        },
      }),
    };
  }

  admitted(): void {
    this.admittedAtMs = this.sinceStartMs();
    this.trace?.begin();
    this.outbox.report([{ type: 'state', state: 'thinking', card: this.card, at_ms: Date.now() }], {
      state: 'thinking',
    });
  }

  hear(report: SessionReport): void {
    this.trace?.hear(report);
    switch (report.kind) {
      case 'text':
        return this.outbox.text(report.thought, report.text, report.logprobs);
      case 'thought': {
        const { thought, text, tokens } = report;
        return this.outbox.report([{ type: 'thought', thought, text, tokens }], { thoughts: thought + 1 });
      }
      case 'compression': {
        const { thought, cellsBefore, cellsAfter } = report;
        return this.outbox.report(
          [{ type: 'compression', thought, cells_before: cellsBefore, cells_after: cellsAfter }],
          { ...this.soFar(report), thoughts: report.checkpoint.thoughts },
        );
      }
      case 'answer-begins':
        return this.outbox.report(
          [{ type: 'state', state: 'answering', card: this.card, at_ms: Date.now() }],
          {
            state: 'answering',
          },
        );
      case 'moved': {
        const { lane, reservedCells } = report;
        return this.outbox.report([], { place: { lane, reservedCells } });
      }
      case 'parked':
        this.parks += 1;
        return this.outbox.report([], this.soFar(report));
      case 'outgrown':
        return this.handBack(report, report.peakCells);
      case 'finish':
        return report.reason === 'cancelled'
          ? this.cancelled(this.usage(report), report.course)
          : this.finished(report, this.usage(report));
    }
  }

  /** Ends a job whose cancel was asked for; left out, nothing was decoded here, only what others had told counts. */
  cancelled(usage: Usage = this.lease.job.usage ?? this.usage(NOTHING_USED), course?: Course): void {
    const { lease, isExpiring } = this;
    this.close({ outcome: isExpiring ? 'expired' : 'cancelled', usage }, () =>
      isExpiring ? lease.expired(usage, course) : lease.cancelled(usage, course),
    );
  }

  failed(code: string, message: string): void {
    this.close({ outcome: 'failed' }, () => this.lease.fail({ code, message }));
  }

  /** It is stopped before anything was decoded here. */
  stop(stop: StopRequest): void {
    if (stop === 'pause') return this.pause();
    this.isExpiring = stop === 'expire';
    this.cancelled();
  }

  /** Back, to be set aside until it is resumed; `latest` as for a hand-back. */
  pause(latest?: TakenOut): void {
    if (latest !== undefined) this.outbox.report([], this.soFar(latest));
    this.close({ outcome: 'paused' }, () => this.lease.pause());
  }

  /** Back to the queue; `latest` is what the card gave when the session was taken out, `peakCells` what it lacked here. */
  handBack(latest?: TakenOut, peakCells?: number): void {
    if (latest !== undefined) this.outbox.report([], this.soFar(latest, peakCells));
    this.close({ outcome: 'handed_back' }, () => this.lease.handBack());
  }

  /** Its prompt, or what it goes on from, is wider than its place: it brings what it needs to the next one. */
  doesNotFit(needsCells: number): void {
    const { sampled = [], thoughts = 0, logprobs } = this.lease.checkpoint ?? {};
    const checkpoint = this.checkpoint(
      { version: 1, sampled, thoughts, ...(logprobs && { logprobs }) },
      NOTHING_USED,
    );
    this.outbox.report([], { checkpoint: { ...checkpoint, peakCells: needsCells } });
    this.handBack();
  }

  private finished(report: Finish, usage: Usage): void {
    const { answer, text, thoughts, reason, logprobs } = report;
    const result: JobResult = {
      answer,
      text,
      thoughts: [...thoughts],
      finish_reason: reason,
      ...(logprobs !== undefined && { logprobs: [...logprobs] }),
    };
    this.outbox.report([{ type: 'answer', text: answer }]);
    this.close({ outcome: 'completed', usage }, async () => {
      await this.blobs.put(`results/${this.id}.json`, JSON.stringify(result));
      await this.lease.complete(usage, reason, report.course);
    });
  }

  private close(leaving: NonNullable<HeldJob['leaving']>, lastWrite: () => Promise<void>): void {
    this.leaving ??= leaving;
    this.outbox.close(lastWrite);
  }

  private usage(here: SessionUse): Usage {
    const kvByteSeconds = this.kvByteSeconds(here);
    return usageOf(this.lease, this.runMs(), { ...here, kvByteSeconds }, this.parks);
  }

  /** Where it would go on elsewhere, and what it has used. `peakCells`: what it needed here, and did not get. */
  private soFar({ checkpoint, use }: TakenOut, peakCells?: number): { checkpoint: Checkpoint; usage: Usage } {
    return {
      checkpoint: { ...this.checkpoint(checkpoint, use), ...(peakCells !== undefined && { peakCells }) },
      usage: this.usage(use),
    };
  }

  private checkpoint({ sampled, thoughts, logprobs }: SessionCheckpoint, here: SessionUse): Checkpoint {
    const { parks } = this;
    const kvByteSeconds = this.kvByteSeconds(here);
    return {
      version: 1,
      sampled,
      thoughts,
      runMs: this.runMs(),
      kvByteSeconds,
      ...(parks > 0 && { parks }),
      ...(logprobs && { logprobs }),
    };
  }

  private kvByteSeconds({ kvByteSeconds }: SessionUse): number {
    return (this.lease.checkpoint?.kvByteSeconds ?? 0) + kvByteSeconds;
  }

  private runMs(): number {
    const { admittedAtMs } = this;
    return (
      this.runMsBefore + (admittedAtMs === undefined ? 0 : Math.round(this.sinceStartMs() - admittedAtMs))
    );
  }
}
