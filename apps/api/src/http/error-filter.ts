import { randomUUID } from 'node:crypto';
import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Log } from '../log';
import { ApiError } from './api-error';
import { answerTo, notFound } from './error-answer';
import { methodsOf } from './routes';
import { sendError } from './send-error';

/** The one place where an error becomes an answer: `{error: {code, message, param}}`, whatever went wrong. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@Inject(Log) private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (isGone(request)) return this.log.to.debug({ url: request.url, err: error }, 'the client is gone');
    if (reply.sent || reply.raw.headersSent) return void this.logFault(error, request);
    sendError(reply, this.answer(error, request));
  }

  private answer(error: unknown, request: FastifyRequest): ApiError {
    const answer = answerTo(error);
    if (answer?.code === 'not_found') return wrongMethod(request) ?? answer;
    // Of a method that no route takes Fastify may miss the content type first.
    if (request.is404 && !(error instanceof ApiError)) return wrongMethod(request) ?? notFound();
    if (answer !== undefined) return answer;
    const id = this.logFault(error, request);
    return new ApiError(500, 'internal', `something broke on our side; the log has it under ${id}`);
  }

  private logFault(error: unknown, request: FastifyRequest): string {
    const id = `err_${randomUUID()}`;
    this.log.to.error({ id, method: request.method, url: request.url, err: error }, 'a request failed');
    return id;
  }
}

/** Broken off before its body was whole: nobody is left to be told. */
const isGone = (request: FastifyRequest): boolean => request.raw.destroyed && !request.raw.complete;

function wrongMethod(request: FastifyRequest): ApiError | undefined {
  const allowed = methodsOf(request.server, request.url);
  if (allowed.length === 0 || allowed.includes(request.method)) return undefined;
  const allow = allowed.join(', ');
  return new ApiError(
    405,
    'invalid_request',
    `${request.method} is not possible here; possible: ${allow}`,
    null,
    { allow },
  );
}
