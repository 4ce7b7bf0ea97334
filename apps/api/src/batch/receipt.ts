import type { BatchReceipt } from '@gistpool/contracts';
import type { NewJob } from '@gistpool/queue';
import type { ApiError } from '../http/api-error';

/** Grows line by line while a batch is read. */
export class Receipt {
  private readonly jobs: BatchReceipt['jobs'] = [];
  private readonly made: string[] = [];
  private readonly refused: { line: number; error: ApiError }[] = [];

  constructor(readonly id: string) {}

  /** `knownAs`: the id of the job that was there already under its dedupe key, or its own. */
  accept(line: number, job: NewJob, knownAs = job.id): void {
    if (knownAs === job.id) this.made.push(job.id);
    this.jobs.push({ line, id: knownAs, ...(job.customId === undefined ? {} : { custom_id: job.customId }) });
  }

  refuse(line: number, error: ApiError): void {
    this.refused.push({ line, error });
  }

  get newJobIds(): readonly string[] {
    return this.made;
  }

  get isEmpty(): boolean {
    return this.jobs.length === 0 && this.refused.length === 0;
  }

  /** 200 all taken, 207 some, 400 none; 503 when none for a reason that passes. */
  get status(): 200 | 207 | 400 | 503 {
    if (this.refused.length === 0) return 200;
    if (this.jobs.length > 0) return 207;
    return this.refused.every(({ error }) => error.code === 'unavailable') ? 503 : 400;
  }

  toJSON(): BatchReceipt {
    return {
      object: 'batch',
      id: this.id,
      accepted: this.jobs.length,
      rejected: this.refused.length,
      jobs: this.jobs,
      errors: this.refused
        .toSorted((a, b) => a.line - b.line)
        .map(({ line, error }) => ({ line, error: error.body })),
    };
  }
}
