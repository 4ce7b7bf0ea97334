import {
  BatchReceipt,
  BulkReceipt,
  CancelReceipt,
  DeliveryPage,
  isTerminal,
  JobCounts,
  JobLog,
  JobPage,
  JobView,
  OrderReceipt,
  type BulkFilter,
  type JobFilter,
  type JobRequestInput,
} from '@gistpool/contracts';
import { Connection, type ConnectionOptions } from './connection';
import { jobEvents, type PlacedEvent } from './event-stream';

export type ClientOptions = ConnectionOptions;

interface Stoppable {
  readonly signal?: AbortSignal;
}

interface Keyed extends Stoppable {
  /** Made anew for each call when it is left out; give one of your own to be safe across restarts of yours. */
  readonly idempotencyKey?: string;
}

type Listed = Partial<Omit<JobFilter, 'ids'>>;

/**
 * A pool over HTTP. Answers are checked against the schemas that the api itself uses. When the pool is away or has too much
 * to do, requests are made again as it says; jobs are submitted with a key, so that none is made twice by that.
 */
export class GistpoolClient {
  private readonly connection: Connection;

  constructor(options: ClientOptions) {
    this.connection = new Connection(options);
  }

  submit(
    job: JobRequestInput,
    { idempotencyKey = crypto.randomUUID(), signal }: Keyed = {},
  ): Promise<JobView> {
    return this.connection.read(JobView, '/v1/jobs', {
      method: 'POST',
      body: JSON.stringify(job),
      headers: { 'idempotency-key': idempotencyKey },
      isRepeatable: true,
      signal,
    });
  }

  /** Bad jobs are named in the receipt, good ones are taken. Not sent again when no answer comes. */
  async batch(jobs: Iterable<JobRequestInput>, { signal }: Stoppable = {}): Promise<BatchReceipt> {
    const body = [...jobs].map((job) => `${JSON.stringify(job)}\n`).join('');
    const headers = { 'content-type': 'application/x-ndjson' };
    const answer = await this.connection.ask('/v1/jobs/batch', {
      ...{ method: 'POST', body, headers, signal },
      alsoTakes: [400],
    });
    return BatchReceipt.parse(await answer.json());
  }

  get(id: string, { signal }: Stoppable = {}): Promise<JobView> {
    return this.connection.read(JobView, pathOf(id), { signal });
  }

  /** The job with its result, once it has ended, whichever way. */
  async wait(id: string, { signal }: Stoppable = {}): Promise<JobView> {
    for (;;) {
      const job = await this.get(id, signal && { signal });
      if (isTerminal(job.state)) return job;
      for await (const _ of this.events(id, signal && { signal }));
    }
  }

  /** From what has happened already to the job's end. */
  events(
    id: string,
    { after, signal }: { readonly after?: string; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<PlacedEvent> {
    return jobEvents(this.connection, `${pathOf(id)}/events`, { after, signal });
  }

  /** One page, newest first. */
  list(filter: Listed = {}, { signal }: Stoppable = {}): Promise<JobPage> {
    return this.connection.read(JobPage, `/v1/jobs${queryOf(filter)}`, { signal });
  }

  /** Page after page. */
  async *all(filter: Omit<Listed, 'cursor'> = {}, { signal }: Stoppable = {}): AsyncGenerator<JobView> {
    let cursor: string | null = null;
    do {
      const page: JobPage = await this.list(
        { limit: 500, ...filter, ...(cursor === null ? {} : { cursor }) },
        signal && { signal },
      );
      yield* page.data;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }

  counts(
    filter: Pick<Listed, 'model' | 'task' | 'tenant' | 'tag' | 'batch'> = {},
    { signal }: Stoppable = {},
  ): Promise<JobCounts> {
    return this.connection.read(JobCounts, `/v1/jobs/counts${queryOf(filter)}`, { signal });
  }

  cancel(id: string, { signal }: Stoppable = {}): Promise<CancelReceipt> {
    return this.connection.read(CancelReceipt, pathOf(id), { method: 'DELETE', signal });
  }

  pause(id: string, options?: Stoppable): Promise<OrderReceipt> {
    return this.order(id, 'pause', options);
  }

  resume(id: string, options?: Stoppable): Promise<OrderReceipt> {
    return this.order(id, 'resume', options);
  }

  retry(id: string, options?: Stoppable): Promise<OrderReceipt> {
    return this.order(id, 'retry', options);
  }

  log(id: string, { signal }: Stoppable = {}): Promise<JobLog> {
    return this.connection.read(JobLog, `${pathOf(id)}/log`, { signal });
  }

  deliveries(id: string, { signal }: Stoppable = {}): Promise<DeliveryPage> {
    return this.connection.read(DeliveryPage, `${pathOf(id)}/deliveries`, { signal });
  }

  cancelMany(filter: BulkFilter, options?: BulkOptions): Promise<BulkReceipt> {
    return this.bulkOrder('cancel', { filter }, options);
  }

  retryMany(filter: BulkFilter, options?: BulkOptions): Promise<BulkReceipt> {
    return this.bulkOrder('retry', { filter }, options);
  }

  reprioritize(filter: BulkFilter, priority: number, options?: BulkOptions): Promise<BulkReceipt> {
    return this.bulkOrder('reprioritize', { filter, priority }, options);
  }

  /** How far an order about many jobs has come. */
  bulk(id: string, { signal }: Stoppable = {}): Promise<BulkReceipt> {
    return this.connection.read(BulkReceipt, `/v1/jobs/bulk/${encodeURIComponent(id)}`, { signal });
  }

  private order(id: string, what: string, { signal }: Stoppable = {}): Promise<OrderReceipt> {
    return this.connection.read(OrderReceipt, `${pathOf(id)}/${what}`, { method: 'POST', signal });
  }

  private bulkOrder(
    what: string,
    asked: object,
    { dryRun = false, signal }: BulkOptions = {},
  ): Promise<BulkReceipt> {
    const body = JSON.stringify({ ...asked, dry_run: dryRun });
    // Done again, it finds nothing left to do.
    return this.connection.read(BulkReceipt, `/v1/jobs/${what}`, {
      ...{ method: 'POST', body, isRepeatable: true, signal },
    });
  }
}

interface BulkOptions extends Stoppable {
  /** Counts what would be done, and changes nothing. */
  readonly dryRun?: boolean;
}

const pathOf = (id: string): string => `/v1/jobs/${encodeURIComponent(id)}`;

function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const set = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] as [string, string]],
  );
  return set.length === 0 ? '' : `?${new URLSearchParams(set).toString()}`;
}
