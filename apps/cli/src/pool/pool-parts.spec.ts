import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Backoff } from './backoff';
import { planPool, type PoolOptions } from './plan';
import { claimDataDir, readPoolFile, removePoolFile, writePoolFile } from './pool-file';
import { tryPort } from './port';
import { isOurs } from './process-table';
import { SupervisedProcess } from './supervised-process';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gistpool pool-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the pause before a restart', () => {
  it('doubles up to half a minute, and is short again after a healthy while', () => {
    const backoff = new Backoff();
    const pauses = Array.from({ length: 10 }, () => backoff.pauseMs(10));
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000]);
    expect(backoff.pauseMs(60_000)).toBe(100);
  });
});

describe('a data folder', () => {
  it('is claimed by one of two starts', () => {
    const dataDir = join(folder, 'claimed');
    expect(claimDataDir(dataDir)).toBe(true);
    expect(claimDataDir(dataDir)).toBe(false);
    expect(readPoolFile(dataDir)).toMatchObject({ pid: process.pid, url: null });
    removePoolFile(dataDir);
    expect(claimDataDir(dataDir)).toBe(true);
  });

  it('tells which pool runs on it, and survives a file that is no JSON', async () => {
    const dataDir = join(folder, 'told');
    claimDataDir(dataDir);
    const file = { url: 'http://x', pid: 1, processes: { api: 2 } };
    writePoolFile(dataDir, file);
    expect(readPoolFile(dataDir)).toEqual(file);
    await writeFile(join(dataDir, 'pool.json'), '{"url":');
    expect(readPoolFile(dataDir)).toBeUndefined();
  });

  it('is not held by a pid that another program has now', () => {
    expect(isOurs(process.pid)).toBe(false);
    expect(isOurs(2 ** 22 + 1)).toBe(false);
  });
});

describe('a port', () => {
  it('is refused with the reason while another server has it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await tryPort('127.0.0.1', port)).toEqual({ ok: false, why: 'EADDRINUSE' });
    await new Promise((resolve) => server.close(resolve));
    expect(await tryPort('127.0.0.1', port)).toEqual({ ok: true, port });
  });
});

describe('the plan of a pool', () => {
  const options: PoolOptions = { port: 0, host: '127.0.0.1', dataDir: '.data', model: [], logLevel: 'info' };

  it('is both bundled models, each on a card of its own', () => {
    expect(planPool(options).cards.map((card) => card.name)).toEqual(['cpu-0', 'cpu-1']);
  });

  it('may give one model several cards, but not two files one name', () => {
    const twice = planPool({ ...options, model: ['a/m.gguf', 'a/m.gguf'], lanes: '4x512' });
    expect(twice.cards.map((card) => card.name)).toEqual(['card-0', 'card-1']);
    expect(twice.cards[0]?.settings).toMatchObject({ GISTPOOL_LANES: '4x512', GISTPOOL_DEVICE: 'auto' });
    expect(() => planPool({ ...options, model: ['a/m.gguf', 'b/m.gguf'] })).toThrow('both be the model m');
  });
});

describe('a supervised process', () => {
  const supervise = async (script: string, finalExitCodes: readonly number[] = []) => {
    const program = join(folder, `${Math.random()}.mjs`);
    const preload = join(folder, 'preload.mjs');
    await writeFile(preload, '');
    await writeFile(program, script);
    const ends: { how: string; pauseMs: number | undefined; lines: readonly string[] }[] = [];
    const said: string[] = [];
    const process = new SupervisedProcess(
      { name: 'it', program, preload, env: () => ({}), logPath: `${program}.log`, finalExitCodes },
      {
        line: (_name, _stream, text) => said.push(text),
        ended: (_name, how, pauseMs, lines) => ends.push({ how, pauseMs, lines }),
      },
    );
    process.start();
    return { process, ends, said, log: () => readFile(`${program}.log`, 'utf8') };
  };

  it('is started again when it ends, and its words go to its log', async () => {
    const { process, ends, log } = await supervise('console.error("farewell"); process.exitCode = 7;');
    await vi.waitUntil(() => ends.length >= 2, { timeout: 30_000 });
    await process.stop(1000);
    expect(ends[0]).toEqual({ how: 'exit code 7', pauseMs: 100, lines: ['farewell'] });
    await vi.waitUntil(async () => (await log()).includes('-- ended: exit code 7'));
  });

  it('is not started again after an exit code that means never', async () => {
    const { process, ends } = await supervise('console.error("no such model"); process.exitCode = 3;', [3]);
    await vi.waitUntil(() => ends.length === 1, { timeout: 30_000 });
    expect(ends[0]).toEqual({ how: 'exit code 3', pauseMs: undefined, lines: ['no such model'] });
    expect(process.pid).toBeUndefined();
    await process.stop(1000);
  });

  it('is killed when it does not end in time', async () => {
    const { process, ends, said } = await supervise(
      "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('deaf');",
    );
    await vi.waitUntil(() => said.includes('deaf'), { timeout: 30_000 });
    await process.stop(50);
    expect(process.pid).toBeUndefined();
    expect(ends).toEqual([]);
  });
});
