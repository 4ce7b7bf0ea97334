import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The browser of this machine; GISTPOOL_CHROMIUM names another. */
export const CHROMIUM = [process.env['GISTPOOL_CHROMIUM'], ...PLACES].find(
  (path) => path !== undefined && existsSync(path),
);

if (CHROMIUM === undefined) {
  process.stderr.write(
    'SKIP dashboard in a browser: no Chromium was found. Install it (Debian: apt-get install chromium) or set GISTPOOL_CHROMIUM.\n',
  );
}

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
    args: ['--no-sandbox'],
  });

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface Visit {
  readonly page: Page;
  /** What the page complained about, and what it asked of any other machine. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** A page on the pool at `url`, in a browser profile of its own. */
export async function visit(
  browser: Browser,
  url: string,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.setDefaultNavigationTimeout(120_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // That a request failed is told by the page itself.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url()))
      complaints.push(`asks another machine: ${request.url()}`);
  });
  await page.goto(url + path, { waitUntil: 'domcontentloaded' });
  return { page, complaints, close: () => context.close() };
}

/** What axe finds wrong with the page, one line each. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    return (await axe.run()).violations.map(({ id, nodes }) => ({
      id,
      html: nodes.map((node) => node.html),
    }));
  });
  return found.map(({ id, html }) => `${id}: ${html.slice(0, 3).join(' ')}`);
}

/** How far the page is wider than its window. */
export const overflowPx = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const { document: seen } = globalThis as unknown as {
      document: { documentElement: { scrollWidth: number; clientWidth: number } };
    };
    return seen.documentElement.scrollWidth - seen.documentElement.clientWidth;
  });
