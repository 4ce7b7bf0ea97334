import type { Browser, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { visit } from './browser';

/** Does something on a page of the pool at `url`, and expects that the page complained of nothing meanwhile. */
export async function onPage(
  browser: Browser,
  url: string,
  path: string,
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const { page, complaints, close } = await visit(browser, url, path);
  try {
    await work(page);
    expect(complaints).toEqual([]);
  } finally {
    await close();
  }
}

export const toast = (page: Page, text: string | RegExp): Promise<void> =>
  page.locator('.toast').filter({ hasText: text }).first().waitFor();

export const button = (page: Page, name: string | RegExp): Locator => page.getByRole('button', { name });
