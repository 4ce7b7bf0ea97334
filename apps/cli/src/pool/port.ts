import { createServer, type AddressInfo } from 'node:net';

/** The port, free at this moment, that a server may listen on (0 asks for any); `why` is the system's error code. */
export function tryPort(
  host: string,
  port: number,
): Promise<{ ok: true; port: number } | { ok: false; why: string }> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ ok: false, why: error.code ?? error.message }),
    );
    server.listen({ host, port, exclusive: true }, () => {
      const free = (server.address() as AddressInfo).port;
      server.close(() => resolve({ ok: true, port: free }));
    });
  });
}
