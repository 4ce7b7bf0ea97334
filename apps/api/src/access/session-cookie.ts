import { createHmac, timingSafeEqual } from 'node:crypto';

export const COOKIE = 'gistpool_session';
export const SESSION_MS = 12 * 3_600_000;

/** What a browser keeps after a login: which key, never the key itself. */
export interface Session {
  readonly keyId: string;
  /** Begins the hash of the key: another key of this name is another session. */
  readonly mark: string;
  readonly expiresAtMs: number;
}

const signatureOf = (text: string, secret: string, use: string): string =>
  createHmac('sha256', secret).update(`${use}:${text}`).digest('base64url');

export function sealed({ keyId, mark, expiresAtMs }: Session, secret: string): string {
  const text = Buffer.from(JSON.stringify([keyId, mark, expiresAtMs])).toString('base64url');
  return `${text}.${signatureOf(text, secret, 'session')}`;
}

/** Undefined: it was not signed here, or has run out. */
export function opened(value: string, secret: string, nowMs: number): Session | undefined {
  const [text = '', signature = '', ...more] = value.split('.');
  if (more.length > 0 || !isSame(signature, signatureOf(text, secret, 'session'))) return undefined;
  const [keyId, mark, expiresAtMs] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [
    string,
    string,
    number,
  ];
  return expiresAtMs > nowMs ? { keyId, mark, expiresAtMs } : undefined;
}

/** A page of another site makes a browser send the cookie, and cannot know this. */
export const csrfTokenOf = (value: string, secret: string): string => signatureOf(value, secret, 'csrf');

export function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The cookie's value in a `Cookie` header. */
export function sessionIn(header: string | undefined): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
}

/** `Set-Cookie`; a lifetime of 0 takes it away. `isSecure`: the browser came by https, and sends it nowhere else. */
export const cookieOf = (value: string, lifetimeMs: number, isSecure: boolean): string =>
  [
    `${COOKIE}=${value}`,
    'Path=/',
    `Max-Age=${Math.floor(lifetimeMs / 1000)}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(isSecure ? ['Secure'] : []),
  ].join('; ');
