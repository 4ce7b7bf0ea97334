import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type LibraryPlace, sourceBundle } from '@gistpool/engine/pooled-library';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildLibrary, prepareSource, runningBuild } from './build-library';

/** Above any process id of Linux. */
const DEAD_PID = 99_999_999;

describe('building libllama', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gistpool-build-'));
  const cache = join(folder, 'cache');
  const foreignBundle = join(folder, 'foreign.bundle');
  const place: LibraryPlace = {
    backend: 'cpu',
    variant: 'v0.5.0',
    version: '3.22.1',
    shipped: join(folder, 'shipped'),
    folder: join(cache, 'its-name'),
    file: join(cache, 'its-name', 'libllama.v0.5.0.so'),
  };
  const options = { jobs: 1, nice: 19, progress: () => undefined, signal: new AbortController().signal };

  beforeAll(() => {
    const source = join(folder, 'foreign');
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', source, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
    mkdirSync(source);
    git('init', '--quiet');
    writeFileSync(join(source, 'llama.cpp'), 'another one');
    git('add', '.');
    git('commit', '--quiet', '-m', 'another');
    git('bundle', 'create', foreignBundle, 'HEAD');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('takes the source inside the npm package, which is the one that the patch was written for', async () => {
    const source = join(folder, 'source');
    await prepareSource(source, sourceBundle());
    expect(readFileSync(join(source, 'src', 'llama-batch.cpp'), 'utf8')).toContain('split_pooled');
  });

  it('refuses any other source, says so, and leaves nothing behind', async () => {
    await expect(buildLibrary(place, { ...options, bundle: foreignBundle })).rejects.toThrow(
      /has the tree [0-9a-f]{40}; .*pooled-streams\.patch was written for [0-9a-f]{40}/,
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  it('sweeps up what a killed build left, and never takes it for a library', async () => {
    const half = join(cache, `.building-${DEAD_PID}-${basename(place.folder)}`);
    mkdirSync(join(half, 'finished'), { recursive: true });
    writeFileSync(join(half, 'finished', basename(place.file)), 'half of it');
    expect(existsSync(place.file)).toBe(false);
    expect(await runningBuild(place)).toBeUndefined();
    await expect(buildLibrary(place, { ...options, bundle: foreignBundle })).rejects.toThrow();
    expect(readdirSync(cache)).toEqual([]);
  });

  it('does not begin while another process builds the same, and tells how far that one is', async () => {
    const other = join(cache, `.building-${process.ppid}-${basename(place.folder)}`);
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, 'done'), '0.4');
    expect(await runningBuild(place)).toEqual({ pid: process.ppid, done: 0.4 });
    await expect(buildLibrary(place, options)).rejects.toThrow(`(pid ${process.ppid}, 40 % compiled)`);
    rmSync(other, { recursive: true });
  });

  it('stops when it is interrupted, and leaves nothing behind', async () => {
    const controller = new AbortController();
    controller.abort(new Error('interrupted'));
    await expect(buildLibrary(place, { ...options, signal: controller.signal })).rejects.toThrow(
      'interrupted',
    );
    expect(readdirSync(cache).filter((name) => !name.endsWith('.log'))).toEqual([]);
  });
});
