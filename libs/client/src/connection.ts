import type { z } from 'zod';
import { GistpoolError } from './gistpool-error';
import { mayPass, pauseMs, sleep } from './patience';

export interface ConnectionOptions {
  /** Where the pool's api listens, e.g. `http://127.0.0.1:7410`. */
  readonly url: string;
  readonly apiKey?: string;
  /** Times a request is made again when the pool is away or has too much to do. */
  readonly retries?: number;
  /** Another than the global one. */
  readonly fetch?: typeof fetch;
}

export interface Asking {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Whether it may be sent again when no answer came: then it may have been done, or not. */
  readonly isRepeatable?: boolean;
  /** Statuses that carry an answer although they tell of a failure. */
  readonly alsoTakes?: readonly number[];
}

const RETRIES = 5;

/** Requests, made again where that helps. */
export class Connection {
  private readonly base: string;
  readonly retries: number;

  constructor(private readonly options: ConnectionOptions) {
    this.base = options.url.replace(/\/+$/, '');
    this.retries = options.retries ?? RETRIES;
  }

  async read<S extends z.ZodType>(schema: S, path: string, asking: Asking = {}): Promise<z.output<S>> {
    const answer = await this.ask(path, asking);
    return schema.parse(await answer.json());
  }

  /** Throws GistpoolError for a refusal, and whatever fetch throws when nobody answers. */
  async ask(path: string, asking: Asking = {}): Promise<Response> {
    const { signal, isRepeatable = asking.method !== 'POST', alsoTakes = [] } = asking;
    for (let number = 1; ; number += 1) {
      const answer = await this.once(path, asking).catch((error: unknown) => {
        if (!isRepeatable || number > this.retries || signal?.aborted) throw error;
        return undefined;
      });
      if (answer?.ok || (answer && alsoTakes.includes(answer.status))) return answer;
      if (answer !== undefined && (!mayPass(answer.status) || number > this.retries))
        throw await GistpoolError.of(answer);
      await answer?.body?.cancel();
      await sleep(pauseMs(number, answer?.headers.get('retry-after') ?? null), signal);
    }
  }

  private once(path: string, { method = 'GET', body, headers = {}, signal }: Asking): Promise<Response> {
    const { apiKey, fetch: send = fetch } = this.options;
    return send(`${this.base}${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
      headers: {
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    });
  }
}
