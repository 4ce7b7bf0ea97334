import { Redis, type RedisOptions } from 'ioredis';

const SENTINEL = /^redis\+sentinel:\/\/(?:([^@/]*)@)?([^/@]+)\/([^/?]+)(?:\?(.*))?$/;
const SENTINEL_PORT = 26_379;

/**
 * Where Redis is, as a connection wants to be told: `redis://`, `rediss://`, `unix://` and the path of a socket, or
 * `redis+sentinel://[USER:PASSWORD@]HOST:PORT[,HOST:PORT…]/PRIMARY` with `?db=`, `tls=true` and `sentinel_password=`.
 */
export function redisAddress(url: string): { readonly url?: string; readonly options: RedisOptions } {
  if (url.startsWith('unix://'))
    return { options: { path: decodeURIComponent(url.slice('unix://'.length)) } };
  const parts = SENTINEL.exec(url);
  if (parts === null) return { url, options: {} };
  const [, who = '', hosts = '', name = '', query = ''] = parts;
  const [user = '', ...password] = who.split(':');
  const params = new URLSearchParams(query);
  const sentinelPassword = params.get('sentinel_password');
  const hasTls = params.get('tls') === 'true';
  return {
    options: {
      name: decodeURIComponent(name),
      sentinels: hosts.split(',').map(hostAndPort),
      ...(user !== '' && { username: decodeURIComponent(user) }),
      ...(password.length > 0 && { password: decodeURIComponent(password.join(':')) }),
      ...(params.has('db') && { db: Number(params.get('db')) }),
      ...(sentinelPassword !== null && { sentinelPassword }),
      ...(hasTls && { tls: {}, enableTLSForSentinelMode: true }),
      sentinelRetryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
      // Who was led before a fail-over and is not any more says so to the first write; that is sent again to who leads now.
      reconnectOnError: ({ message }) => (message.startsWith('READONLY') ? 2 : false),
    },
  };
}

function hostAndPort(text: string): { host: string; port: number } {
  const cut = text.lastIndexOf(':');
  return cut < 0
    ? { host: text, port: SENTINEL_PORT }
    : { host: text.slice(0, cut).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(cut + 1)) };
}

/** Not connected by more than its options say; `options` are those of whoever opens it. */
export function redisAt(address: string, options: RedisOptions): Redis {
  const { url, options: more } = redisAddress(address);
  // Spread options may be undefined, which the types of ioredis do not allow for.
  const all = { ...options, ...more } as never;
  return url === undefined ? new Redis(all) : new Redis(url, all);
}
