import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface ProbeServerOptions {
  /** 0 = any free one. */
  readonly port: number;
  readonly host: string;
  readonly registry: Registry;
  /** Each thing that keeps the process from its work, in a few words; none: it is ready. */
  readonly missing: () => readonly string[];
}

export interface ProbeServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The small HTTP side of a process that is no server: `/metrics` for Prometheus, `/livez` (the event loop turns) and
 * `/readyz` (it can do its work, else 503 and what is missing).
 */
export async function serveProbes(options: ProbeServerOptions): Promise<ProbeServer> {
  const server = createServer((request, response) => {
    answer(request.url ?? '/', options, response).catch((error: unknown) =>
      send(response, 500, 'text/plain', `${String(error)}\n`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // It must not keep a process alive that has nothing else to do.
  server.unref();
  const { address, family, port } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return { url: `http://${host}:${String(port)}`, close: () => closed(server) };
}

async function answer(url: string, options: ProbeServerOptions, response: ServerResponse): Promise<void> {
  const { registry } = options;
  switch (url.split('?')[0]) {
    case '/metrics':
      return send(response, 200, registry.contentType, await registry.metrics());
    case '/livez':
      return sendJson(response, 200, { ok: true });
    case '/readyz': {
      const missing = options.missing();
      return sendJson(response, missing.length === 0 ? 200 : 503, { ready: missing.length === 0, missing });
    }
    default:
      return send(response, 404, 'text/plain', 'there are /metrics, /livez and /readyz\n');
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}

const sendJson = (response: ServerResponse, status: number, body: object): void =>
  send(response, status, 'application/json', `${JSON.stringify(body)}\n`);

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
