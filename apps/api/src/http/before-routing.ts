import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './api-error';
import { answerTo } from './error-answer';
import { sendError } from './send-error';

/** Some errors (an address that cannot be decoded) happen before there is a route, and so before the filter. */
export function answerBeforeRouting(error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  sendError(reply, answerTo(error) ?? new ApiError(500, 'internal', 'something broke on our side'));
}
