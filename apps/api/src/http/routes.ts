import type { FastifyInstance, HTTPMethods } from 'fastify';

export interface Route {
  readonly method: string;
  readonly path: string;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const satisfies readonly HTTPMethods[];

/** Notes every route as it is registered. */
export function noteRoutes(fastify: FastifyInstance): readonly Route[] {
  const routes: Route[] = [];
  fastify.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) routes.push({ method, path: route.url });
  });
  return routes;
}

/** Methods that the routes of this address take. `/v1/jobs/cancel` is an address of its own, and no job's. */
export function methodsOf(fastify: FastifyInstance, url: string): string[] {
  const path = url.split('?', 1)[0] ?? url;
  const found = METHODS.flatMap((method) => {
    const route = fastify.findRoute({ method, url: path });
    return route === null ? [] : [{ method, parameters: Object.keys(route.params).length }];
  });
  const fewest = Math.min(...found.map(({ parameters }) => parameters));
  return found.filter(({ parameters }) => parameters === fewest).map(({ method }) => method);
}
