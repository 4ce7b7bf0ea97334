import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, overflowPx, startBrowser, violations } from './support/browser';
import { button, onPage, toast } from './support/page-work';
import { ramblingJob, RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;

describe.skipIf(CHROMIUM === undefined)(
  'orders in the dashboard, in a browser, on a pool with the bundled model',
  () => {
    let pool: RunningPool;
    let browser: Browser;
    beforeAll(async () => {
      const env = {
        GISTPOOL_WEBHOOKS_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
        GISTPOOL_WEBHOOKS_PRIVATE: '1',
      };
      [pool, browser] = await Promise.all([RunningPool.start({ env }), startBrowser()]);
    }, 5 * MINUTE_MS);
    afterAll(async () => {
      await browser.close();
      await pool.remove();
    });

    /** Does something on a page, and expects that neither the page nor axe complains, in either colours and narrow, too. */
    const on = (path: string, work: (page: Page) => Promise<void>) =>
      onPage(browser, pool.url, path, async (page) => {
        await work(page);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          await expect.poll(() => violations(page), { timeout: 10_000 }).toEqual([]);
        }
        await page.setViewportSize({ width: 390, height: 800 });
        expect(await overflowPx(page)).toBeLessThanOrEqual(0);
      });
    const badge = (page: Page, state: string) =>
      page.locator('.row.apart .badge').filter({ hasText: state }).first().waitFor();

    it(
      'pauses, resumes, cancels and retries a running job on its page, and shows its log',
      async () => {
        const { id } = await pool.submit({ ...ramblingJob(2400), tags: ['seen'] });
        await on(`/jobs/${id}`, async (page) => {
          await badge(page, 'thinking');
          await button(page, 'Pause').click();
          await toast(page, /paused/);
          await badge(page, 'paused');
          await button(page, 'Resume').click();
          await badge(page, 'thinking');
          await button(page, 'Cancel').click();
          await button(page, 'Cancel the job').click();
          await badge(page, 'cancelled');
          await button(page, 'Retry').click();
          await toast(page, 'The job begins anew');
          await badge(page, 'thinking');
          await page.locator('.thought').nth(1).waitFor();
          await page.getByText('Log', { exact: true }).click();
          await page.locator('.log li').filter({ hasText: 'retried by order' }).waitFor();
          await page.locator('.log li').filter({ hasText: 'goes on from its checkpoint' }).waitFor();
          await page.getByText('seen').waitFor();
          await pool.cancel(id);
          await badge(page, 'cancelled');
        });
      },
      5 * MINUTE_MS,
    );

    it(
      'shows how the webhook of a job was delivered',
      async () => {
        const receiver = createServer((_request, response) => response.writeHead(204).end());
        await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
        const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
        const { id } = await pool.submit({ prompt: 'What is 17 + 25?', webhook: { url } });
        await on(`/jobs/${id}`, async (page) => {
          await page.getByRole('heading', { name: 'Webhook' }).waitFor();
          await page.locator('.log .badge').filter({ hasText: 'delivered' }).waitFor();
          await page.getByText(url).waitFor();
        });
        receiver.closeAllConnections();
        receiver.close();
      },
      3 * MINUTE_MS,
    );

    it(
      'orders all that a filter leaves, and says before how many that are',
      async () => {
        const jobs = Array.from({ length: 30 }, (_, at) => ({
          prompt: 'x',
          tags: [at < 20 ? 'bulk' : 'other'],
          delay_ms: 3_600_000,
        }));
        await pool.submitBatch(jobs);
        await on('/jobs', async (page) => {
          await page.getByLabel('Tag').fill('bulk');
          await page.keyboard.press('Enter');
          await page.getByText('20 jobs in all').waitFor();
          const order = async (name: string, done: string) => {
            await button(page, `${name} all filtered`).click();
            await page.getByText('This changes 20 jobs.').waitFor();
            expect(await violations(page)).toEqual([]);
            await button(page, `${name} them all`).click();
            await toast(page, done);
          };
          await page.getByLabel('Priority').fill('7');
          await order('Prioritize', '20 jobs given the priority');
          await order('Cancel', '20 jobs cancelled');
          await order('Retry', '20 jobs retried');
        });
        const counts = async (tag: string) =>
          (
            (await (await fetch(`${pool.url}/v1/jobs/counts?tag=${tag}`)).json()) as {
              states: Record<string, number>;
            }
          ).states;
        expect((await counts('bulk'))['delayed']).toBe(0);
        expect((await counts('other'))['delayed']).toBe(10);
      },
      4 * MINUTE_MS,
    );
  },
);
