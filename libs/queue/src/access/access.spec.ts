import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestRedis } from '../testing.fixture';
import { connectAudit, type Audit } from './audit';
import { connectKeys, type Keys } from './keys';
import { connectMeter, type Meter } from './meter';
import { connectTenants, type Tenants } from './tenants';

let redis: TestRedis;
let keys: Keys;
let meter: Meter;
let tenants: Tenants;
let audit: Audit;
beforeAll(async () => {
  redis = await TestRedis.start();
  keys = connectKeys(redis.config);
  meter = connectMeter(redis.config);
  tenants = connectTenants(redis.config);
  audit = connectAudit(redis.config);
});
afterAll(async () => {
  await Promise.all([keys.close(), meter.close(), tenants.close(), audit.close()]);
  await redis.stop();
});

const wanted = { name: '', tenant: 'acme', scopes: ['read'], expiresAtMs: null } as const;

describe('a key', () => {
  it('is known by its secret only', async () => {
    const { key, secret } = await keys.create(wanted);
    expect(await keys.verify(secret)).toMatchObject({ ok: true, key: { id: key.id, tenant: 'acme' } });
    const other = `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`;
    for (const guess of [other, key.id, '', 'gp_', `${secret}x`])
      expect(await keys.verify(guess)).toEqual({ ok: false, reason: 'unknown' });
  });

  it('is replaced once, however many ask for it at the same time', async () => {
    const { key } = await keys.create(wanted);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => keys.rotate(key.id, 60_000)));
    expect(outcomes.filter((outcome) => typeof outcome === 'object')).toHaveLength(1);
    expect((await keys.list()).filter(({ replacedBy }) => replacedBy !== null)).toHaveLength(1);
    expect(await keys.rotate('gp_aaaaaaaaaaaa', 0)).toBe('not-found');
  });

  it('keeps the moment at which it was first revoked, and does not come back', async () => {
    const { key, secret } = await keys.create(wanted);
    expect(await keys.revoke(key.id)).toBe(true);
    const first = (await keys.get(key.id))?.revokedAtMs;
    expect(await keys.revoke(key.id)).toBe(true);
    expect((await keys.get(key.id))?.revokedAtMs).toBe(first);
    expect(await keys.verify(secret)).toMatchObject({ ok: false, reason: 'revoked' });
    expect(await keys.rotate(key.id, 0)).toBe('not-active');
  });

  it('that ended long ago is forgotten when the next is made', async () => {
    const { key } = await keys.create({ ...wanted, expiresAtMs: Date.now() - 31 * 86_400_000 });
    await keys.create(wanted);
    expect(await keys.get(key.id)).toBeUndefined();
  });
});

describe('a limit of requests', () => {
  it('is kept to exactly by any number of apis that ask at once', async () => {
    await tenants.create('busy', { requests_per_minute: 20 });
    const others = Array.from({ length: 4 }, () => connectMeter(redis.config));
    const outcomes = await Promise.all(
      others.flatMap((other) => Array.from({ length: 25 }, () => other.admit('busy'))),
    );
    await Promise.all(others.map((other) => other.close()));
    const admitted = outcomes.filter(({ outcome }) => outcome === 'ok').length;
    // The bucket fills while they ask: one more every 3 s.
    expect(admitted).toBeGreaterThanOrEqual(20);
    expect(admitted).toBeLessThanOrEqual(22);
    const refused = outcomes.find(({ outcome }) => outcome === 'requests');
    expect(refused?.retryMs).toBeGreaterThan(0);
    // Rounded up to the next millisecond.
    expect(refused?.retryMs).toBeLessThanOrEqual(3_001);
  });

  it('is not there where none is set, and looking takes nothing', async () => {
    expect(await meter.admit('nobody')).toMatchObject({ outcome: 'ok', requests: { limit: null } });
    await tenants.create('looked', { requests_per_minute: 2 });
    for (let i = 0; i < 5; i += 1)
      expect((await meter.look('looked')).requests).toMatchObject({ limit: 2, remaining: 2, resetMs: 0 });
    expect((await meter.admit('looked')).requests.remaining).toBe(1);
  });
});

describe('the audit log', () => {
  it('is bounded', async () => {
    const entry = {
      at_ms: 1,
      key: 'k',
      tenant: null,
      action: 'a',
      target: null,
      outcome: 'done',
      status: 200,
      address: null,
    } as const;
    for (let i = 0; i < 11; i += 1) await Promise.all(Array.from({ length: 1_000 }, () => audit.note(entry)));
    const kept = await redis.withClient((client) => client.xlen('test:audit'));
    expect(kept).toBeLessThan(10_500);
    expect(kept).toBeGreaterThanOrEqual(10_000);
  });
});
