// Beside a fuzzer: takes back what it may order and what would stop the pool from answering. Ended by a signal.
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

const [url, key, model] = process.argv.slice(2);
const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
const send = (method, path, body) =>
  globalThis
    .fetch(url + path, { method, headers, body: body && JSON.stringify(body) })
    .catch(() => undefined);

/** A request that waits for a job is answered after so long at most. */
const JOB_MAY_TAKE_MS = 6_000;
const EVERY_MS = 500;
const OPEN_STATES = ['delayed', 'paused', 'waiting', 'placed', 'thinking', 'answering', 'retrying'];
const NO_QUOTAS = { requests_per_minute: null, tokens_per_day: null, kv_byte_seconds_per_day: null };

for (;;) {
  await send('POST', '/v1/queues/resume', { model });
  await send('POST', '/v1/cards/card-0/uncordon');
  await send('PATCH', '/v1/tenants/default', { quotas: NO_QUOTAS });
  await send('POST', '/v1/jobs/cancel', { filter: { older_than_ms: JOB_MAY_TAKE_MS, state: OPEN_STATES } });
  await setTimeout(EVERY_MS);
}
