import { lookup, type LookupAddress } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { AddressRefused, isPublic, literalOf } from './address';

const WITHIN_MS = 10_000;

export type Resolve = (
  host: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface PostOptions {
  readonly mayBePrivate: boolean;
  /** Injected by tests. */
  readonly resolve?: Resolve;
  readonly withinMs?: number;
}

const byDns: Resolve = (host, done) => lookup(host, { all: true }, done);

/**
 * Posts JSON and answers the status. A redirect is an answer like any other: nobody follows it. The address that is
 * connected to is the one that was looked at, since the name is resolved once, here, and for this connection.
 */
export function postMessage(
  target: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  { mayBePrivate, resolve = byDns, withinMs = WITHIN_MS }: PostOptions,
): Promise<number> {
  const url = new URL(target);
  const isAllowed = (address: string) => mayBePrivate || isPublic(address);
  const literal = literalOf(url);
  if (literal !== undefined && !isAllowed(literal))
    return Promise.reject(new AddressRefused(url.hostname, literal));
  const guarded: LookupFunction = (host, options, done) =>
    resolve(host, (error, addresses) => {
      const [first] = addresses ?? [];
      const refused = (addresses ?? []).find(({ address }) => !isAllowed(address));
      if (error !== null) return done(error, '');
      if (refused !== undefined) return done(new AddressRefused(host, refused.address), '');
      if (first === undefined) return done(new Error(`${host} has no address`), '');
      return options.all === true ? done(null, addresses) : done(null, first.address, first.family);
    });
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolved, reject) => {
    const post = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      lookup: guarded,
      agent: false,
      signal: AbortSignal.timeout(withinMs),
    });
    post.on('socket', (socket) =>
      socket.once('connect', () => {
        const { remoteAddress = '' } = socket;
        if (!isAllowed(remoteAddress)) post.destroy(new AddressRefused(url.hostname, remoteAddress));
      }),
    );
    post.on('error', reject).on('response', (response) => {
      resolved(response.statusCode ?? 0);
      // What it says is nobody's business here, however long.
      response.destroy();
    });
    post.end(body);
  });
}
