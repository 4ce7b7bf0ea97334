import { describe, expect, it } from 'vitest';
import { redisAddress } from './redis-address';

describe('where Redis is', () => {
  it('is a url as it stands, or the path of a socket', () => {
    expect(redisAddress('rediss://:secret@redis:6380/2')).toEqual({
      url: 'rediss://:secret@redis:6380/2',
      options: {},
    });
    expect(redisAddress('unix:///run/a%20pool/redis.sock')).toEqual({
      options: { path: '/run/a pool/redis.sock' },
    });
  });

  it('is asked of sentinels, where such are named', () => {
    expect(redisAddress('redis+sentinel://a:26380,b/main').options).toMatchObject({
      name: 'main',
      sentinels: [
        { host: 'a', port: 26_380 },
        { host: 'b', port: 26_379 },
      ],
    });
  });

  it('comes with names, passwords, database and TLS', () => {
    expect(
      redisAddress('redis+sentinel://pool:p%40ss:word@[::1]:26379/main?db=3&tls=true&sentinel_password=other')
        .options,
    ).toMatchObject({
      username: 'pool',
      password: 'p@ss:word',
      sentinels: [{ host: '::1', port: 26_379 }],
      db: 3,
      tls: {},
      enableTLSForSentinelMode: true,
      sentinelPassword: 'other',
    });
  });
});
