import { createHash, randomBytes } from 'node:crypto';
import { DEFAULT_TENANT, type Scope } from '@gistpool/contracts';
import type { ApiConfig } from '@gistpool/config';
import { keyStateOf, type KeyRecord, type Keys } from '@gistpool/queue';
import { ApiError } from '../http/api-error';
import { ANONYMOUS, type Caller } from './caller';
import { isLoopback, isOfThisMachine } from './local-host';
import { csrfTokenOf, isSame, opened, sealed, SESSION_MS, sessionIn } from './session-cookie';

/** As much of a request as says who sends it. */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/** Keys that are not stored but given to this process. */
const GIVEN = ['bootstrap', 'local'] as const;
type GivenName = (typeof GIVEN)[number];

interface KnownKey {
  readonly id: string;
  readonly hash: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly expiresAtMs: number | null;
}

/** Finds out who sends a request. */
export class Authenticator {
  /** Without one everybody who can reach the api is its admin. */
  readonly isKeyNeeded: boolean;
  private readonly given: ReadonlyMap<GivenName, string>;
  private secret: Promise<string> | undefined;

  constructor(
    private readonly keys: Keys,
    config: ApiConfig,
  ) {
    this.isKeyNeeded = config.GISTPOOL_REQUIRE_KEY || !isLoopback(config.GISTPOOL_HOST);
    const { GISTPOOL_BOOTSTRAP_KEY: bootstrap, GISTPOOL_LOCAL_KEY: local } = config;
    this.given = new Map(
      Object.entries({ bootstrap, local }).flatMap(([name, key]): [GivenName, string][] =>
        key === undefined ? [] : [[name as GivenName, key]],
      ),
    );
  }

  /** Undefined: it shows no key and needs one. An ApiError: it shows one that is not good. */
  async callerOf(sent: Credentials): Promise<Caller | ApiError | undefined> {
    const shown = bearerIn(sent.authorization);
    if (shown !== undefined) {
      const known = await this.keyOf(shown);
      if (known !== undefined && !(known instanceof ApiError)) return callerBy(known, 'key');
      // Clients that must name a key name any; here, where none is needed, only one of ours is looked at.
      if (this.isKeyNeeded || shown.startsWith('gp_')) return known ?? invalidKey('it is not known here');
    }
    const value = sessionIn(sent.cookie);
    const session = value === undefined ? undefined : await this.callerBySession(value);
    if (session !== undefined) return session;
    if (this.isKeyNeeded) return undefined;
    if (isOfThisMachine(sent.host, sent.origin)) return ANONYMOUS;
    return new ApiError(
      403,
      'forbidden',
      'without a key this pool is asked under the name localhost, or an address of this machine, and by no page of another site',
      isOfThisMachine(sent.host, undefined) ? 'origin' : 'host',
    );
  }

  /** What a browser is to keep, for a key that is good. */
  async login(secret: string): Promise<{ value: string; caller: Caller } | ApiError> {
    const known = await this.keyOf(secret.trim());
    if (known === undefined) return invalidKey('it is not known here');
    if (known instanceof ApiError) return known;
    const expiresAtMs = Math.min(Date.now() + SESSION_MS, known.expiresAtMs ?? Number.POSITIVE_INFINITY);
    const signing = await this.signingSecret();
    const value = sealed({ keyId: known.id, mark: markOf(known.hash), expiresAtMs }, signing);
    const caller = callerBy(known, 'cookie');
    return { value, caller: { ...caller, expiresAtMs, csrfToken: csrfTokenOf(value, signing) } };
  }

  private async keyOf(secret: string): Promise<KnownKey | ApiError | undefined> {
    for (const [name, key] of this.given) if (isSame(digest(secret), digest(key))) return givenKey(name, key);
    const verdict = await this.keys.verify(secret);
    if (verdict.ok) return verdict.key;
    if (verdict.reason === 'unknown') return undefined;
    return invalidKey(`${verdict.id} ${verdict.reason === 'expired' ? 'has expired' : 'was revoked'}`);
  }

  private async callerBySession(value: string): Promise<Caller | undefined> {
    const signing = await this.signingSecret();
    const session = opened(value, signing, Date.now());
    if (session === undefined) return undefined;
    const known = await this.keyNow(session.keyId);
    // Revoked, run out, or another key under the same name: the session ends with its key.
    if (known === undefined || markOf(known.hash) !== session.mark) return undefined;
    const { expiresAtMs } = session;
    return { ...callerBy(known, 'cookie'), expiresAtMs, csrfToken: csrfTokenOf(value, signing) };
  }

  private async keyNow(id: string): Promise<KnownKey | undefined> {
    const name = GIVEN.find((one) => one === id);
    const given = name && this.given.get(name);
    if (name !== undefined) return given === undefined ? undefined : givenKey(name, given);
    const key: KeyRecord | undefined = await this.keys.get(id);
    return key !== undefined && keyStateOf(key, Date.now()) === 'active' ? key : undefined;
  }

  /** Asked for again when Redis could not tell. */
  private signingSecret(): Promise<string> {
    this.secret ??= this.keys.sessionSecret(randomBytes(32).toString('base64url')).catch((error: unknown) => {
      this.secret = undefined;
      throw error;
    });
    return this.secret;
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const markOf = (hash: string): string => hash.slice(0, 16);

const givenKey = (name: GivenName, key: string): KnownKey => ({
  id: name,
  hash: digest(key),
  tenant: DEFAULT_TENANT,
  scopes: ['admin'],
  expiresAtMs: null,
});

const callerBy = ({ id, tenant, scopes, expiresAtMs }: KnownKey, by: 'key' | 'cookie'): Caller => ({
  by,
  name: id,
  tenant,
  scopes,
  expiresAtMs,
  csrfToken: null,
});

/** Undefined: none is shown. */
const bearerIn = (header: string | undefined): string | undefined =>
  /^bearer +(\S+) *$/i.exec(header ?? '')?.[1];

export const invalidKey = (why: string): ApiError =>
  new ApiError(401, 'invalid_api_key', `the key is not good: ${why}`, null, {
    'www-authenticate': 'Bearer realm="gistpool", error="invalid_token"',
  });

export const keyMissing = (): ApiError =>
  new ApiError(
    401,
    'invalid_api_key',
    'send a key: `Authorization: Bearer gp_…`, or log in at /login',
    null,
    {
      'www-authenticate': 'Bearer realm="gistpool"',
    },
  );
