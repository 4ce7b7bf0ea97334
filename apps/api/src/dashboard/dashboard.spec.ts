import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf } from '../testing/errors';
import { TestPool } from '../testing/test-pool';
import { DASHBOARD_PAGES } from './dashboard-pages';

const SCRIPT = 'console.log("the dashboard")';
const ASSET = '/assets/index-aB3_dEf9.js';

describe('a dashboard that was built', () => {
  let folder: string;
  let pool: TestPool;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<title>built</title>');
    await writeFile(join(folder, ASSET), SCRIPT);
    await writeFile(join(folder, `${ASSET}.gz`), gzipSync(SCRIPT));
    await writeFile(join(folder, 'assets', 'theme.js'), '');
    pool = await TestPool.start({ withCard: false, dashboardDir: folder });
  });
  afterAll(async () => {
    await pool.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['/', ...DASHBOARD_PAGES.map((page) => page.replace(':id', 'job_1'))])(
    'is the page at %s, never an old one, and runs no script but its own',
    async (path) => {
      const answer = await pool.fetch(path);
      expect(await answer.text()).toBe('<title>built</title>');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(answer.headers.get('content-security-policy')).toContain("script-src 'self';");
    },
  );

  it('has assets that are sent gzipped, and kept for ever where their name holds their content', async () => {
    const asset = await pool.fetch(ASSET, { headers: { 'accept-encoding': 'gzip' } });
    expect(asset.headers.get('content-encoding')).toBe('gzip');
    expect(asset.headers.get('content-type')).toContain('javascript');
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect(await asset.text()).toBe(SCRIPT);
    expect((await pool.fetch('/assets/theme.js')).headers.get('cache-control')).toBe('no-cache');
  });

  it('leaves unknown addresses to the api, and gives no file outside its assets', async () => {
    expect(await errorOf(await pool.fetch('/no/such/page'))).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    expect(await errorOf(await pool.fetch('/assets/none.js'))).toMatchObject({ status: 404 });
    expect((await pool.fetch('/assets/%2e%2e/index.html')).status).toBeGreaterThanOrEqual(400);
  });
});

describe('without a build', () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await TestPool.start({ withCard: false, dashboardDir: join(tmpdir(), 'no-such-dashboard') });
  });
  afterAll(() => pool.stop());

  it('a plain page shows the pool, and other pages say what is missing', async () => {
    expect(await (await pool.fetch('/')).text()).toContain('The pool right now');
    expect(await errorOf(await pool.fetch('/jobs'))).toMatchObject({
      status: 404,
      message: expect.stringContaining('not built') as string,
    });
  });
});
