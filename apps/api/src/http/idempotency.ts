import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Pool } from '../pool';
import { ApiError, clip } from './api-error';

export const IDEMPOTENCY_KEY = 'idempotency-key';
/** Between two looks whether another request with the same key has its answer. */
const LOOK_MS = 25;
const WAIT_MS = 20_000;

/** What is answered, and kept for who asks again. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: T;
}

/**
 * Makes something once for all requests that carry the same `Idempotency-Key`: the first makes it, the others get its
 * answer. Refusals are not kept: the key is free again. `scope` parts the keys of tenants and of what is made.
 */
export async function once<T>(
  pool: Pool,
  request: FastifyRequest,
  reply: FastifyReply,
  { scope, body, newId }: { scope: string; body: unknown; newId: () => string },
  make: (id: string | undefined) => Promise<Answer<T>>,
): Promise<T> {
  const header = request.headers[IDEMPOTENCY_KEY];
  if (header === undefined) return send(reply, await make(undefined));
  const key = `${scope}:${digest(keyOf(header))}`;
  const fingerprint = digest(JSON.stringify(sorted(body)));
  for (const untilMs = Date.now() + WAIT_MS; ;) {
    const claim = await pool.idempotency.claim(key, fingerprint, newId());
    if (claim.kind === 'answer') {
      reply.header('idempotent-replayed', 'true');
      return send(reply, JSON.parse(claim.answer) as Answer<T>);
    }
    if (claim.kind === 'other') throw reused(keyOf(header));
    if (claim.kind === 'make') {
      try {
        const answer = await make(claim.id);
        await pool.idempotency.settle(key, claim.owner, JSON.stringify(answer));
        return send(reply, answer);
      } catch (error) {
        // Of what broke half-way the key must go on leading to the same id.
        if (error instanceof ApiError) await pool.idempotency.release(key, claim.owner);
        throw error;
      }
    }
    if (Date.now() > untilMs) throw inUse(keyOf(header));
    await delay(LOOK_MS);
  }
}

function send<T>(reply: FastifyReply, { status, headers, body }: Answer<T>): T {
  reply.code(status).headers({ ...headers });
  return body;
}

function keyOf(header: string | string[]): string {
  const key = [header].flat().join(', ');
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw new ApiError(
    400,
    'invalid_request',
    'Idempotency-Key: expected 1 to 255 printable characters',
    IDEMPOTENCY_KEY,
  );
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The same request whatever the order of its fields. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, field]) => [name, sorted(field)]));
}

const reused = (key: string): ApiError =>
  new ApiError(
    422,
    'idempotency_key_reused',
    `Idempotency-Key ${clip(key, 80)} came with another body before; take a new key for a new request`,
    IDEMPOTENCY_KEY,
    { 'x-should-retry': 'false' },
  );

const inUse = (key: string): ApiError =>
  new ApiError(
    409,
    'idempotency_key_in_use',
    `a request with Idempotency-Key ${clip(key, 80)} is still being answered; send it again`,
    IDEMPOTENCY_KEY,
    { 'retry-after': '2' },
  );
