/** Where links lead: addresses of lists, and how many sessions are behind them. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { get } from '../whole/http.ts';

/** Address of a link: its path, and what it asks for. */
async function addressOf(link: Locator): Promise<{ path: string; query: string }> {
  const { pathname, search } = new URL((await link.getAttribute('href'))!, 'http://-');
  return { path: pathname, query: search };
}

/** How many sessions a link to the list promises, as the server counts them. */
export async function behind(url: string, link: Locator): Promise<number> {
  const { path, query } = await addressOf(link);
  expect(path).toBe('/sessions');
  const answer = await get(`${url}/api/sessions${query}&limit=1&profile=false`);
  expect(answer.status).toBe(200);
  return (answer.json as { totals: { sessions: number } }).totals.sessions;
}

/** Follows a link to the list, waits until it has as many rows as were promised, and comes back. */
export async function followed(page: Page, link: Locator, rows: number): Promise<void> {
  const { path, query } = await addressOf(link);
  await link.click();
  await expectRows(page, rows);
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe(path + query);
  await page.goBack();
  await link.waitFor();
}

/** Waits until the page is a list of so many sessions. */
export async function expectRows(page: Page, rows: number): Promise<void> {
  await page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
  const told = page.getByText(/^[\d\u2009 ]+ rows?$/);
  await expect.poll(() => told.innerText()).toBe(`${rows} ${rows === 1 ? 'row' : 'rows'}`);
}

/** Numbers of a text, in their order: `57 sessions of 2.4.0` begins with 57. */
export function numbersIn(text: string): number[] {
  return (text.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
}
