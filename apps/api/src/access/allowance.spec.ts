import { describe, expect, it } from 'vitest';
import { durationOf } from './allowance';
import { isLoopback, isOfThisMachine } from './local-host';
import { csrfTokenOf, opened, sealed } from './session-cookie';

describe('a time until more is allowed', () => {
  it.each([
    [40, '40ms'],
    [1_000, '1s'],
    [1_001, '2s'],
    [360_000, '6m0s'],
    [3_600_000, '1h0m0s'],
    [86_399_000, '23h59m59s'],
  ])('of %i ms is %s', (ms, text) => {
    expect(durationOf(ms)).toBe(text);
  });
});

describe('an address of this machine', () => {
  it.each(['127.0.0.1', '127.8.9.1', 'localhost', 'LOCALHOST', '::1', '[::1]', '::ffff:127.0.0.1'])(
    '%s',
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );
  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil.example', 'localhost.evil.example', '', '127.1'])(
    'is not %j',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
  it('with an origin means the page that this server itself has sent', () => {
    expect(isOfThisMachine('localhost:7410', 'http://localhost:7410')).toBe(true);
    expect(isOfThisMachine('localhost:7410', 'http://localhost:8080')).toBe(false);
    expect(isOfThisMachine('localhost:7410', 'null')).toBe(false);
    expect(isOfThisMachine('a b', undefined)).toBe(false);
  });
});

describe('a session', () => {
  const session = { keyId: 'gp_abc', mark: '0123', expiresAtMs: 1_000 };

  it('is read back until it runs out, with the secret it was signed with', () => {
    const value = sealed(session, 'secret');
    expect(opened(value, 'secret', 999)).toEqual(session);
    expect(opened(value, 'secret', 1_000)).toBeUndefined();
    expect(opened(value, 'another', 0)).toBeUndefined();
  });

  it('has a token that is not its signature', () => {
    const value = sealed(session, 'secret');
    expect(value).not.toContain(csrfTokenOf(value, 'secret'));
  });
});
