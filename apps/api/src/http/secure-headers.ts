import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';

/** What an answer may do in a browser: nothing, unless it is a page, which says more about itself. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
} as const;

/** On the answer itself: event streams write their head past Fastify. */
export function secureHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  for (const [name, value] of Object.entries(HEADERS)) reply.raw.setHeader(name, value);
  // Data of a tenant; pages and their files say for themselves how long they may be kept.
  if (request.url.startsWith('/v1/')) reply.raw.setHeader('cache-control', 'no-store');
  done();
}
