import { KeyIssued } from '@gistpool/contracts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, overflowPx, startBrowser, violations, visit, type Visit } from './support/browser';
import { ramblingJob, RunningPool } from './support/running-pool';
import { MODEL } from './support/gistpool';

const MINUTE_MS = 60_000;
const ADMIN = 'a-secret-that-only-the-operator-knows';
const PHONE = { width: 390, height: 800 };

describe.skipIf(CHROMIUM === undefined)('pages of a pool that asks for keys, in a browser', () => {
  let pool: RunningPool;
  let browser: Browser;

  beforeAll(async () => {
    [pool, browser] = await Promise.all([
      RunningPool.start({
        args: ['--require-key', '--model', MODEL],
        env: { GISTPOOL_BOOTSTRAP_KEY: ADMIN },
      }),
      startBrowser(),
    ]);
  }, 8 * MINUTE_MS);
  afterAll(async () => {
    await browser.close();
    await pool.remove();
  });

  const as = async (key: string, path: string, options = {}): Promise<Visit> => {
    const opened = await visit(browser, pool.url, path, options);
    await opened.page.getByLabel('Your key').fill(key);
    await opened.page.getByRole('button', { name: 'Log in' }).click();
    await opened.page.getByRole('navigation', { name: 'Pages' }).waitFor();
    return opened;
  };

  const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(pool.url + path, {
      method,
      headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return answer.json();
  };

  const looksGood = async (page: Page): Promise<void> => {
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      expect(await violations(page), theme).toEqual([]);
    }
    const before = page.viewportSize();
    await page.setViewportSize(PHONE);
    expect(await overflowPx(page)).toBeLessThanOrEqual(0);
    if (before !== null) await page.setViewportSize(before);
  };

  it(
    'lead to the login, say what is wrong with a key, and lead back with a good one',
    async () => {
      const { page, complaints, close } = await visit(browser, pool.url, '/jobs?state=failed');
      await page.getByLabel('Your key').fill('guess');
      await looksGood(page);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('alert').filter({ hasText: 'not known' }).waitFor();
      await page.getByLabel('Your key').fill(ADMIN);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('heading', { name: 'Jobs' }).waitFor();
      expect(page.url()).toBe(`${pool.url}/jobs?state=failed`);
      const seen = await page.evaluate(() => {
        const { document: page } = globalThis as unknown as { document: { cookie: string } };
        return page.cookie;
      });
      expect(seen).toBe('');
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByLabel('Your key').waitFor();
      expect(complaints).toEqual([]);
      await close();
    },
    MINUTE_MS * 3,
  );

  it(
    'make, rotate and revoke keys, whose secret is shown once, and set quotas',
    async () => {
      const { page, complaints, close } = await as(ADMIN, '/access');
      await page.getByLabel('What it is for').fill('nightly runs');
      await page.getByLabel('Tenant', { exact: true }).fill('acme');
      await page.getByRole('button', { name: 'Create a key' }).click();
      const secret = (await page.locator('.key-text').textContent()) ?? '';
      expect(secret).toMatch(/^gp_[a-z0-9]{12}_/);
      const works = async (key: string) =>
        (await fetch(`${pool.url}/v1/jobs`, { headers: { authorization: `Bearer ${key}` } })).status;
      expect(await works(secret)).toBe(200);
      await looksGood(page);
      await page.getByRole('button', { name: 'I have kept it' }).click();
      expect(await page.content()).not.toContain(secret);

      const id = secret.slice(0, 15);
      await page.getByRole('button', { name: `Rotate ${id}` }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Rotate' }).click();
      await page.locator('.key-text').waitFor();
      const fresh = (await page.locator('.key-text').textContent()) ?? '';
      expect([await works(secret), await works(fresh)]).toEqual([200, 200]);
      await page.getByRole('button', { name: `Revoke ${id}` }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
      await page.getByText(`${id} is revoked.`).first().waitFor();
      expect([await works(secret), await works(fresh)]).toEqual([401, 200]);

      await page.getByRole('button', { name: 'Quotas of acme' }).click();
      await page.getByLabel('Requests per minute').fill('7');
      await looksGood(page);
      await page.getByRole('button', { name: 'Set', exact: true }).click();
      await page.getByRole('row', { name: /^acme 7 / }).waitFor();
      await page.getByLabel('Price of a GPU-hour').fill('2.50');
      await page.getByRole('row', { name: /^acme 7 .* 0\.00 0\.00 / }).waitFor();
      expect(complaints).toEqual([]);
      await close();
    },
    MINUTE_MS * 4,
  );

  it(
    'let a key that may only read look, and offer it nothing to do',
    async () => {
      const reader = KeyIssued.parse(await api('POST', '/v1/keys', { scopes: ['read'] })).secret;
      const { id } = (await api('POST', '/v1/jobs', ramblingJob(1500))) as { id: string };
      const { page, complaints, close } = await as(reader, '/');
      await page.getByRole('heading', { name: /^(cpu|card)-0/ }).waitFor();
      for (const name of ['Submit a job', 'Keys'])
        expect(await page.getByRole('link', { name, exact: true }).count(), name).toBe(0);
      expect(await page.getByRole('button', { name: /Cordon|Drain/ }).count()).toBe(0);
      await page.goto(`${pool.url}/jobs/${id}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.getByRole('button', { name: /Cancel/ }).count()).toBe(0);
      await page.goto(`${pool.url}/access`);
      await page.getByRole('heading', { name: 'Only for admins' }).waitFor();
      // The queue board, whose page asks for a font elsewhere and does not get it, is behind the same login.
      expect(complaints).toEqual([]);
      await page.goto(`${pool.url}/queues`);
      await page.getByText('gistpool queues').first().waitFor();
      await close();
      const another = (await api('POST', '/v1/jobs', ramblingJob(1500, 1))) as { id: string };
      const { page: admins, close: end } = await as(ADMIN, `/jobs/${another.id}`);
      await admins.getByRole('button', { name: 'Cancel' }).click();
      await admins.getByRole('alertdialog').getByRole('button', { name: 'Cancel the job' }).click();
      await admins
        .getByText(/The job will stop|is cancelled/)
        .first()
        .waitFor();
      await end();
    },
    MINUTE_MS * 4,
  );
});
