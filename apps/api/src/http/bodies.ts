import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { ApiError } from './api-error';
import { BATCH_TYPES } from './accepted-types';
import { decodeUtf8, parseJson } from './json';

/** Long enough that a prompt of 100,000 tokens gets an answer about its tokens, not about its bytes. */
export const MAX_JSON_BYTES = 8 * 1024 * 1024;

/** JSON is read whole, up to the limit; a batch or a file stays a stream and is never whole in memory. */
export function readBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: MAX_JSON_BYTES },
    (request, body, done) => {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      if (bytes.length === 0 && request.method === 'DELETE') return done(null, undefined);
      try {
        done(null, parseJson(decodeUtf8(bytes)));
      } catch (error) {
        done(error instanceof ApiError ? error : new Error('body parser failed', { cause: error }));
      }
    },
  );
  fastify.addContentTypeParser([...BATCH_TYPES], (_request, stream, done) => done(null, stream));
  void fastify.register(multipart);
}
