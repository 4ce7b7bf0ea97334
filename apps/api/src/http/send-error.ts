import type { FastifyReply } from 'fastify';
import type { ApiError } from './api-error';

/** The shape of every refusal: `{error: {code, message, param}}`. */
export function sendError(reply: FastifyReply, error: ApiError): void {
  void reply
    .code(error.status)
    .headers({ ...error.headers })
    .type('application/json; charset=utf-8')
    .send({ error: error.body });
}
