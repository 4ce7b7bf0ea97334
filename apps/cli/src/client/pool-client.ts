import {
  ApiErrorBody,
  BatchReceipt,
  CancelReceipt,
  FleetView,
  JobEvent,
  JobPage,
  JobView,
  PredictionsView,
  type JobRequestInput,
} from '@gistpool/contracts';
import { z } from 'zod';
import { CliError, EXIT } from '../exit';
import { Perseverance, type Patience } from './perseverance';
import { poolKeys } from './pool-keys';
import { readEvents } from './sse';

/** The api refused a request. */
export class Refused extends CliError {
  constructor(
    readonly status: number,
    readonly body: ApiErrorBody,
  ) {
    super(
      `the pool refused the request (${status} ${body.code}): ${body.message}${body.param ? ` [${body.param}]` : ''}`,
    );
    this.name = 'Refused';
  }
}

type Init = RequestInit & { duplex?: 'half'; headers?: Record<string, string> };
/** Redis, or every worker, is away for a moment. */
export const UNAVAILABLE = 503;
const ErrorBody = z.object({ error: ApiErrorBody });

export interface JobQuery {
  readonly model?: string;
  readonly include?: 'course';
  readonly batch?: string;
  readonly state?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

/** A pool's REST surface. */
export class PoolClient {
  constructor(
    readonly url: string,
    /** A read that finds nobody, or no Redis, is tried again for so long: they may be starting again. */
    private readonly patienceMs = 0,
    /** Told when it begins to wait for the pool, and when that was worth it. */
    private readonly say: (text: string) => void = () => undefined,
    private readonly key = poolKeys.of(url),
  ) {}

  /** How long the pool is borne with, for who sends what may be sent again. */
  get patience(): Patience {
    return { forMs: this.patienceMs, say: this.say };
  }

  fleet(): Promise<FleetView> {
    return this.call(FleetView, 'GET', '/v1/fleet');
  }

  predictions(): Promise<PredictionsView> {
    return this.call(PredictionsView, 'GET', '/v1/predictions');
  }

  submit(job: JobRequestInput): Promise<JobView> {
    return this.call(JobView, 'POST', '/v1/jobs', JSON.stringify(job));
  }

  /** JSON lines; sent as they are made. A batch of which no line was taken is a receipt too. */
  async submitBatch(lines: Iterable<string>): Promise<BatchReceipt> {
    const response = await this.reach('POST', '/v1/jobs/batch', {
      body: bodyOf(lines),
      duplex: 'half',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const text = await response.text();
    const receipt = BatchReceipt.safeParse(jsonIn(text));
    if (receipt.success) return receipt.data;
    throw new Refused(response.status, errorIn(text, response));
  }

  job(id: string): Promise<JobView> {
    return this.call(JobView, 'GET', `/v1/jobs/${encodeURIComponent(id)}`);
  }

  cancel(id: string): Promise<CancelReceipt> {
    return this.call(CancelReceipt, 'DELETE', `/v1/jobs/${encodeURIComponent(id)}`);
  }

  jobs(query: JobQuery): Promise<JobPage> {
    const search = new URLSearchParams(
      Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
    );
    return this.call(JobPage, 'GET', `/v1/jobs?${search.toString()}`);
  }

  /** All that happened to a job and all that will, until its end; goes on after a broken connection. */
  async *events(id: string, signal?: AbortSignal): AsyncGenerator<JobEvent> {
    let lastId: string | undefined;
    for (;;) {
      const response = await this.fetch('GET', `/v1/jobs/${encodeURIComponent(id)}/events`, {
        headers: { accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) },
        ...(signal !== undefined && { signal }),
      });
      if (response.body === null) return;
      try {
        for await (const message of readEvents(response.body)) {
          lastId = message.id ?? lastId;
          const event = JobEvent.safeParse(JSON.parse(message.data));
          if (event.success) yield event.data;
        }
        return;
      } catch (error) {
        if (signal?.aborted) return;
        if (!(error instanceof TypeError)) throw error;
      }
    }
  }

  /** One request, and its answer as the schema reads it. */
  async call<S extends z.ZodType>(
    schema: S,
    method: string,
    path: string,
    body?: string,
  ): Promise<z.infer<S>> {
    const response = await this.fetch(method, path, {
      ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
    });
    return schema.parse(await response.json());
  }

  private async fetch(method: string, path: string, init: Init = {}): Promise<Response> {
    const response = await this.reach(method, path, init);
    if (response.ok) return response;
    throw new Refused(response.status, errorIn(await response.text(), response));
  }

  /** Only reads are tried again: of what was sent nobody knows whether it arrived. */
  private async reach(method: string, path: string, init: Init): Promise<Response> {
    const trying = new Perseverance({ ...this.patience, ...(method !== 'GET' && { forMs: 0 }) });
    for (;;) {
      try {
        const headers = {
          ...init.headers,
          ...(this.key !== undefined && { authorization: `Bearer ${this.key}` }),
        };
        const response = await fetch(new URL(path, this.url), { method, ...init, headers });
        const isAway = response.status === UNAVAILABLE;
        if (!isAway || !(await trying.again('the pool cannot answer (503)', init.signal ?? undefined))) {
          if (!isAway) trying.worked();
          return response;
        }
      } catch (error) {
        if ((error as Error).name === 'AbortError') throw error;
        const away = unreachable(this.url, error as Error, trying.triedForS);
        if (!(await trying.again(`no pool answers at ${this.url}`, init.signal ?? undefined))) throw away;
      }
    }
  }
}

function unreachable(url: string, { cause, message }: Error, triedForS: number): CliError {
  const why = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : message;
  return new CliError(
    `no pool answers at ${url} (${why ?? 'no answer'}${triedForS > 0 ? `, for ${triedForS} s` : ''}); start one with \`gistpool up\`, or name another with --url`,
    EXIT.unreachable,
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorIn(text: string, response: Response): ApiErrorBody {
  const body = ErrorBody.safeParse(jsonIn(text));
  if (body.success) return body.data.error;
  return { code: 'internal', message: text.slice(0, 200) || response.statusText, param: null };
}

const CHUNK_CHARS = 64 * 1024;

async function* bodyOf(lines: Iterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK_CHARS) continue;
    yield encoder.encode(chunk);
    chunk = '';
  }
  if (chunk !== '') yield encoder.encode(chunk);
}
