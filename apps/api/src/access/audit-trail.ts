import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { NewAuditEntry } from '@gistpool/queue';
import type { Log } from '../log';
import type { Pool } from '../pool';

/**
 * Notes everything that changes something, and every refusal of somebody who is known: in Redis, and as a line of the log.
 * Bodies, keys and texts never come here. Strangers are told in the log only: they could push everything else out.
 */
export function keepAuditTrail(fastify: FastifyInstance, pool: Pool, log: Log): void {
  fastify.addHook('onResponse', async (request, reply) => {
    const entry = entryOf(request, reply, Date.now());
    if (entry === undefined) return;
    log.to.info({ audit: entry }, 'audit');
    if (request.caller === undefined && reply.statusCode === 401) return;
    if (!pool.isReachable) return;
    await pool.audit.note(entry).catch((error: unknown) => log.to.warn({ err: error }, 'audit was not kept'));
  });
}

const READS = ['GET', 'HEAD', 'OPTIONS'];
const NOT_ADMITTED = [401, 403, 429];

function entryOf(request: FastifyRequest, reply: FastifyReply, atMs: number): NewAuditEntry | undefined {
  const { url } = request.routeOptions;
  const { statusCode: status } = reply;
  const isRead = READS.includes(request.method) || url === '/v1/predictions/explain';
  if (url === undefined || (isRead && !NOT_ADMITTED.includes(status))) return undefined;
  const params = (request.params ?? {}) as Record<string, string | undefined>;
  const target = request.auditTarget ?? params['id'] ?? params['name'] ?? params['card'] ?? null;
  return {
    at_ms: atMs,
    key: request.caller?.name ?? 'none',
    tenant: request.caller?.tenant ?? null,
    action: `${request.method} ${url}`,
    target: target === null ? null : target.slice(0, 80),
    outcome: status < 400 ? 'done' : status < 500 ? 'refused' : 'failed',
    status,
    address: request.ip,
  };
}
