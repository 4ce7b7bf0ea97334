import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf } from '../testing/errors';
import { StandInCard } from '../testing/stand-in-card';
import { TestPool } from '../testing/test-pool';

describe('without workers', () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await TestPool.start({ withCard: false });
  });
  afterAll(() => pool.stop());

  it('a job is put off, not lost: 503 with Retry-After, whether no model was ever seen or its workers are gone', async () => {
    const never = await pool.post('/v1/jobs', '{"prompt": "a"}');
    expect(never.headers.get('retry-after')).toBe('2');
    expect(await errorOf(never)).toMatchObject({ status: 503, code: 'unavailable' });

    const card = await StandInCard.announce(pool.queueConfig);
    await card.close();
    const gone = await pool.post('/v1/jobs', '{"prompt": "a"}');
    expect(gone.headers.get('retry-after')).toBe('2');
    const error = await errorOf(gone);
    expect(error).toMatchObject({ status: 503, code: 'unavailable' });
    expect(error.message).toContain('no worker of nano answered');

    const { status, receipt } = await pool.batch('{"prompt": "a"}\n{"prompt": "b"}\n');
    expect(status).toBe(503);
    expect(receipt).toMatchObject({ accepted: 0, rejected: 2 });
  });
});

describe('without Redis', () => {
  it('readiness says what is missing, requests are refused at once, and all is well when it is back', async () => {
    const pool = await TestPool.start({ withCard: false });
    const port = Number(new URL(pool.redis.url).port);
    expect(await (await pool.fetch('/readyz')).json()).toEqual({ ready: true, missing: [] });
    await pool.redis.stop();
    const away = await pool.fetch('/readyz');
    expect(away.status).toBe(503);
    expect(((await away.json()) as { missing: string[] }).missing[0]).toContain('redis');
    expect((await pool.fetch('/healthz')).status).toBe(200);
    for (const path of ['/v1/fleet', '/v1/jobs', '/queues', '/scaling?model=nano']) {
      expect(await errorOf(await pool.fetch(path))).toMatchObject({ status: 503, code: 'unavailable' });
    }
    expect(await (await pool.fetch('/metrics')).text()).toContain('gistpool_redis_up 0');

    const { startRedis } = await import('@gistpool/queue');
    const again = await startRedis({ dir: `${pool.config.GISTPOOL_DATA_DIR}/redis`, port });
    await expect.poll(async () => (await pool.fetch('/readyz')).status, { timeout: 10_000 }).toBe(200);
    expect((await pool.fetch('/v1/jobs')).status).toBe(200);
    await again.stop();
    await pool.stop();
  });
});
