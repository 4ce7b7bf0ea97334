import type { FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';

/** Durations by route template, never by address: ids would make a series per job. */
export function measureHttp(fastify: FastifyInstance, registry: Registry): void {
  const durations = new Histogram({
    name: 'gistpool_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer; event streams are left out.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    if (!route.endsWith('/events')) {
      durations.observe(
        { method: request.method, route, status: String(reply.statusCode) },
        reply.elapsedTime / 1000,
      );
    }
    done();
  });
}
