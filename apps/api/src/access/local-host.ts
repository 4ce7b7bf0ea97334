import { isIP } from 'node:net';

/** Whether an address is reached from this machine only. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  if (bare.startsWith('::ffff:')) return isLoopback(bare.slice('::ffff:'.length));
  return isIP(bare) === 4 && bare.startsWith('127.');
}

/** `Host` without its port; undefined: it is none. */
export function hostNameOf(header: string | undefined): string | undefined {
  const parts = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.exec(header ?? '');
  return parts?.[1]?.toLowerCase();
}

/**
 * Whether a request without a key means this machine. A page of another site, whose name was made to lead to this machine
 * (DNS rebinding), sends its own name as `Host`; one that only sends hither is named by `Origin`.
 */
export function isOfThisMachine(host: string | undefined, origin: string | undefined): boolean {
  const name = hostNameOf(host);
  if (name === undefined || !isLoopback(name)) return false;
  return origin === undefined || isSameOrigin(host, origin);
}

/** Whether the page that sends was served by this very server, as far as its browser knows. */
export function isSameOrigin(host: string | undefined, origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  return new URL(origin).host.toLowerCase() === (host ?? '').toLowerCase();
}
