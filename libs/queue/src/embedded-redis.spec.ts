import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRedis } from './connection';
import { startRedis } from './embedded-redis';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'odd \'näme" #1 '));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const open = (redisUrl: string) =>
  openRedis({ redisUrl, prefix: 'test', leaseMs: 800, leadMs: 800, heartbeatMs: 100 }, 'test');

describe('a private redis', () => {
  it('keeps its data over kill -9, in a relative directory with an odd name', async () => {
    const where = relative(process.cwd(), dir);
    const first = await startRedis({ dir: where });
    const client = open(first.url);
    await client.set('a', '1');
    client.disconnect();
    await first.stop('SIGKILL');
    const second = await startRedis({ dir: where });
    const again = open(second.url);
    expect(await again.get('a')).toBe('1');
    expect(await again.config('GET', 'maxmemory-policy')).toContain('noeviction');
    again.disconnect();
    await second.stop();
  });

  it('keeps whatever it acknowledged, killed the moment after', async () => {
    for (let n = 0; n < 12; n += 1) {
      const running = await startRedis({ dir });
      const client = open(running.url);
      expect(await client.get('last')).toBe(n === 0 ? null : String(n - 1));
      // Bulk first, so that a flush may be under way.
      await client.set('bulk', 'x'.repeat(4_000_000));
      await client.set('last', String(n));
      await running.stop('SIGKILL');
      client.disconnect();
    }
  });

  it('listens on a socket when told to', async () => {
    const running = await startRedis({ dir, socket: 'redis.sock' });
    const client = open(running.url);
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
    await running.stop();
  });

  it('says when it ended', async () => {
    const running = await startRedis({ dir });
    const ended = new Promise<number | null>((resolve) => running.onExit(resolve));
    process.kill(running.pid, 'SIGKILL');
    expect(await ended).toBeNull();
  });

  it('says how to install it when it is missing', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = dir;
    try {
      await expect(startRedis({ dir })).rejects.toThrow('redis-server is not on the PATH. Install it');
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('says why it did not start', async () => {
    const running = await startRedis({ dir });
    const port = Number(new URL(running.url).port);
    await expect(startRedis({ dir: join(dir, 'other'), port })).rejects.toThrow(/already/i);
    await running.stop();
  });
});
