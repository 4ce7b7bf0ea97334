import type { FastifyInstance, FastifyRequest } from 'fastify';
import { beginSpan, markFailed, SpanKind, traceparentOf, withSpan, type Span } from '@gistpool/telemetry';

/** A span for each request that may make jobs: in the trace that the client names, else in one of its own; it is told which. */
export function traceHttp(fastify: FastifyInstance): void {
  const spans = new WeakMap<FastifyRequest, Span>();
  fastify.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url;
    if (request.method !== 'POST' || !route?.startsWith('/v1/')) return done();
    const { traceparent } = request.headers;
    const span = beginSpan(`POST ${route}`, typeof traceparent === 'string' ? traceparent : undefined, {
      kind: SpanKind.SERVER,
      attributes: { 'http.request.method': 'POST', 'http.route': route },
    });
    spans.set(request, span);
    reply.header('traceparent', traceparentOf(span));
    done();
  });
  // After the body was read: its events would end what is active.
  fastify.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) return done();
    withSpan(span, done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (span && reply.statusCode >= 500) markFailed(span, String(reply.statusCode));
    span?.end();
    done();
  });
}
