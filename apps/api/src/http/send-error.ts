import type { FastifyReply } from 'fastify';
import { errorTypeOf } from '../openai/error-type';
import type { ApiError } from './api-error';

/** The shape of every refusal: `{error: {code, message, param}}`, and for clients of OpenAI's API a `type`. */
export function sendError(reply: FastifyReply, error: ApiError): void {
  const type = errorTypeOf(reply.request.url, error.status);
  void reply
    .code(error.status)
    .headers({ ...error.headers })
    .type('application/json; charset=utf-8')
    .send({ error: type === undefined ? error.body : { ...error.body, type } });
}
