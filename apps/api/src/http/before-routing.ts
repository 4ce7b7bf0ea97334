import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiErrorBody } from '@gistpool/contracts';
import { ApiError } from './api-error';
import { answerTo } from './error-answer';
import { sendError } from './send-error';

/** Some errors (an address that cannot be decoded) happen before there is a route, and so before the filter. */
export function answerBeforeRouting(error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  sendError(reply, answerTo(error) ?? new ApiError(500, 'internal', 'something broke on our side'));
}

/** What is not HTTP, such as a line break within a header, is refused by Node's own parser. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  const isTooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const isTooSlow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const status = isTooLarge
    ? '431 Request Header Fields Too Large'
    : isTooSlow
      ? '408 Request Timeout'
      : '400 Bad Request';
  const message = isTooLarge
    ? 'the headers are too large'
    : isTooSlow
      ? 'the request came too slowly'
      : 'this is not HTTP as it should be: a header or the first line cannot be read';
  const body: { error: ApiErrorBody } = { error: { code: 'invalid_request', message, param: null } };
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}
