import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { ApiError } from './api-error';

/**
 * A batch may be plain text, which a browser sends to any address without asking first: without this, every page that
 * somebody opens beside a pool on their own machine could give it work.
 */
export function refuseOtherSites(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  const changesNothing = request.method === 'GET' || request.method === 'HEAD';
  if (changesNothing || request.headers['sec-fetch-site'] !== 'cross-site') return done();
  done(new ApiError(403, 'invalid_request', 'a page of another site may not send this', 'sec-fetch-site'));
}
