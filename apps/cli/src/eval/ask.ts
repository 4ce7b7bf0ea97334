import { isTerminal, type ErrorCode, type JobRequestInput, type JobView } from '@gistpool/contracts';
import { endedJobs, jobsOf, type BatchProgress } from '../batch';
import { Perseverance } from '../client/perseverance';
import { Refused, UNAVAILABLE, type PoolClient } from '../client/pool-client';
import { CliError, EXIT } from '../exit';

/** One request of a run; no two have the same key. */
export interface Asking {
  readonly key: string;
  readonly request: JobRequestInput;
}

export interface AskListener {
  /** A batch is with the pool: whoever asks again may take it up. */
  sent?(batch: string): void;
  /** A job of an earlier batch is waited for instead of being sent again. */
  takenUp?(jobs: number): void;
  progress(progress: BatchProgress): void | Promise<void>;
  ended(key: string, job: JobView): void | Promise<void>;
  /** The pool cannot take this request, now or later. */
  refused(key: string, message: string): void;
}

/** What another try of the same request cannot change. */
const FINAL_CODES: readonly ErrorCode[] = [
  'does_not_fit',
  'invalid_request',
  'line_too_long',
  'body_too_large',
];
/** Results are read so many at a time. */
const READ_AT_ONCE = 8;

/**
 * Sends all requests as one batch, so that the pool decodes as many at once as it has room for, and tells each answer
 * as it comes. What `earlierBatches` hold already is not sent again unless it failed.
 */
export async function ask(
  client: PoolClient,
  askings: readonly Asking[],
  earlierBatches: readonly string[],
  signal: AbortSignal,
  listener: AskListener,
): Promise<void> {
  const keyOf = await takeUp(client, new Set(askings.map(({ key }) => key)), earlierBatches);
  if (keyOf.size > 0) listener.takenUp?.(keyOf.size);
  const known = new Set(keyOf.values());
  const toSend = askings.filter(({ key }) => !known.has(key));
  const batches = [...earlierBatches];
  if (toSend.length > 0) batches.push(...(await sendAll(client, toSend, keyOf, signal, listener)));

  for await (const round of endedJobs(client, batches, new Set(keyOf.keys()), signal, (progress) =>
    listener.progress(progress),
  )) {
    const waiting = [...round];
    const read = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const key = keyOf.get(next.id);
        if (key !== undefined) await listener.ended(key, await client.job(next.id));
      }
    };
    await Promise.all(Array.from({ length: READ_AT_ONCE }, read));
  }
}

/** Cancels what some batches have not ended yet; says how many jobs that were. */
export async function cancelAll(client: PoolClient, batches: readonly string[]): Promise<number> {
  const waiting: string[] = [];
  for (const batch of batches)
    for await (const job of jobsOf(client, batch)) if (!isTerminal(job.state)) waiting.push(job.id);
  const total = waiting.length;
  const cancel = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) await client.cancel(id);
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, cancel));
  return total;
}

/** Job id -> key of what earlier batches have answered or are about to. */
async function takeUp(
  client: PoolClient,
  wanted: ReadonlySet<string>,
  batches: readonly string[],
): Promise<Map<string, string>> {
  const jobOf = new Map<string, string>();
  for (const batch of batches) {
    for await (const job of jobsOf(client, batch)) {
      const isLost = isTerminal(job.state) && job.state !== 'completed';
      if (job.custom_id !== undefined && wanted.has(job.custom_id) && !isLost)
        jobOf.set(job.custom_id, job.id);
    }
  }
  return new Map([...jobOf].map(([key, id]) => [id, key]));
}

/**
 * What the pool cannot take at the moment (a worker was kept from counting its tokens, Redis was away) is sent again in
 * another batch. Resolves to the batches that hold jobs.
 */
async function sendAll(
  client: PoolClient,
  askings: readonly Asking[],
  keyOf: Map<string, string>,
  signal: AbortSignal,
  listener: AskListener,
): Promise<string[]> {
  const batches: string[] = [];
  const trying = new Perseverance(client.patience);
  let missing = askings;
  let taken = 0;
  for (;;) {
    const sent = await send(client, missing, keyOf, listener);
    taken += sent.accepted;
    if (sent.batch !== undefined) batches.push(sent.batch);
    if (sent.accepted > 0 || sent.putOff.length === 0) trying.worked();
    if (sent.putOff.length === 0) return batches;
    missing = sent.putOff;
    const so = `the pool took ${taken} of ${askings.length} questions; ${sent.why}`;
    const { triedForS } = trying;
    if (!(await trying.again(so, signal)))
      throw new CliError(`${so}${triedForS > 0 ? ` (tried again for ${triedForS} s)` : ''}`, EXIT.jobsFailed);
  }
}

interface Sent {
  /** Undefined: it holds no job. */
  readonly batch?: string;
  readonly accepted: number;
  readonly putOff: readonly Asking[];
  /** What the pool said of the first that it put off. */
  readonly why: string;
}

async function send(
  client: PoolClient,
  askings: readonly Asking[],
  keyOf: Map<string, string>,
  listener: AskListener,
): Promise<Sent> {
  const lines = askings.map(({ key, request }) => JSON.stringify({ ...request, custom_id: key }));
  const receipt = await client.submitBatch(lines).catch((error: unknown) => {
    if (error instanceof Refused && error.status === UNAVAILABLE) return error;
    throw error;
  });
  if (receipt instanceof Refused) return { accepted: 0, putOff: askings, why: receipt.body.message };
  if (receipt.accepted > 0) listener.sent?.(receipt.id);
  for (const { line, id } of receipt.jobs) {
    const asking = askings[line - 1];
    if (asking !== undefined) keyOf.set(id, asking.key);
  }
  const putOff: Asking[] = [];
  let why = '';
  for (const { line, error } of receipt.errors) {
    const asking = askings[line - 1];
    if (asking === undefined) continue;
    if (error.code === 'unavailable') {
      putOff.push(asking);
      why ||= `number ${line}: ${error.message}`;
    } else if (FINAL_CODES.includes(error.code)) listener.refused(asking.key, error.message);
    else
      throw new CliError(
        `the pool took ${receipt.accepted} of ${askings.length} questions; number ${line}: ${error.message}`,
        EXIT.jobsFailed,
      );
  }
  return { ...(receipt.accepted > 0 && { batch: receipt.id }), accepted: receipt.accepted, putOff, why };
}
