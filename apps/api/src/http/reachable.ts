import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { Pool } from '../pool';
import { unavailable } from './api-error';
import { sendError } from './send-error';

/** Says at once that Redis is away, where a command would wait for its return and the client with it. */
export const refuseWhileAway =
  (pool: Pool) =>
  (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const needsRedis = ['/v1/', '/queues', '/scaling'].some((path) => request.url.startsWith(path));
    if (!needsRedis || pool.isReachable) return done();
    sendError(
      reply,
      unavailable('Redis cannot be reached at the moment; nothing was stored, send the request again'),
    );
  };
