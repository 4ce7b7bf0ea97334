import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { keyMissing } from './authenticator';
import type { Caller } from './caller';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; undefined where nobody needs to be known. */
    caller?: Caller;
    /** Id of what the request makes or changes, for the audit log, where the address does not name it. */
    auditTarget?: string;
  }
}

/** Who asks: a parameter of a controller's method. */
export const By = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
  if (caller === undefined) throw keyMissing();
  return caller;
});
