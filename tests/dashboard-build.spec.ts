import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './support/gistpool';

const BUILT = join(ROOT, 'dist', 'dashboard');
const LARGEST_BYTES = 350 * 1024;
const LARGEST_FIRST_PAGE_BYTES = 160 * 1024;

const build = () =>
  promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    `import { buildDashboard } from ${JSON.stringify(join(ROOT, 'apps/dashboard/build.mjs'))}; await buildDashboard();`,
  ]);

const gzipped = async (name: string): Promise<number> =>
  gzipSync(await readFile(join(BUILT, 'assets', name))).length;

describe('the built dashboard', () => {
  let assets: string[];
  beforeAll(async () => {
    await build();
    assets = (await readdir(join(BUILT, 'assets'))).filter((name) => !name.endsWith('.gz'));
  }, 120_000);

  it('is small: all of it below 350 kB gzipped, and its first page below half of that', async () => {
    const page = await readFile(join(BUILT, 'index.html'), 'utf8');
    const sizes = await Promise.all(assets.map(async (name) => ({ name, bytes: await gzipped(name) })));
    const sum = (some: typeof sizes) => some.reduce((all, { bytes }) => all + bytes, 0);
    expect(sum(sizes)).toBeLessThan(LARGEST_BYTES);
    const first = sizes.filter(({ name }) => page.includes(name));
    expect(first.length).toBeGreaterThan(1);
    expect(sum(first)).toBeLessThan(LARGEST_FIRST_PAGE_BYTES);
  });

  it('names no other machine in its page and styles', async () => {
    const styles = assets.filter((name) => name.endsWith('.css')).map((name) => join(BUILT, 'assets', name));
    for (const file of [join(BUILT, 'index.html'), ...styles])
      expect((await readFile(file, 'utf8')).replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
        /https?:/,
      );
  });

  it('is not built again while its sources are the same', async () => {
    const builtAt = async () => (await stat(join(BUILT, 'index.html'))).mtimeMs;
    const before = await builtAt();
    await build();
    expect(await builtAt()).toBe(before);
  });
});
