/** What is true of every page, with hostile data and in every light: nothing runs, nothing sticks out, nobody is kept out. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../whole/server.ts';
import { hostileProduct, markup, recordHostile } from './hostile.ts';
import { allPages, type PageOf } from './pages.ts';
import { barriers, overflow, setStage, untilReady } from './stage.ts';

const stage = setStage();
const names = ['overview', 'sessions', 'session', 'explore', 'compare', 'versions', 'settings'];
let server: Server;
let pages: Map<string, PageOf>;

beforeAll(async () => {
  server = await startServer();
  const first = await recordHostile(server.url);
  const second = await recordHostile(server.url);
  pages = new Map(allPages([first, second]).map((page) => [page.name, page]));
});

afterAll(async () => {
  await server?.stop();
});

async function open(name: string, look?: Parameters<typeof stage.open>[1]): Promise<Page> {
  const { path, ready } = pages.get(name)!;
  const page = await stage.open(server.url + path, look);
  await untilReady(page, ready);
  return page;
}

describe.each(names)('the page %s', (name) => {
  it.each([
    ['desk', 'light'],
    ['tablet', 'dark'],
    ['phone', 'light'],
    ['phone', 'dark'],
  ] as const)(
    'shows hostile data as text on a %s and keeps nobody out in the %s',
    async (screen, theme) => {
      const page = await open(name, { screen, theme });
      expect(await overflow(page)).toEqual([]);
      expect(await barriers(page)).toEqual([]);
      expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
      expect(await page.evaluate("document.querySelectorAll('img[src=x]').length")).toBe(0);
      const links = await page.evaluate<string[]>(
        '[...document.links].map((link) => link.protocol)',
      );
      expect(links.filter((protocol) => !/^(https?|vscode|blob):$/.test(protocol))).toEqual([]);
    },
  );
});

describe('hostile data', () => {
  it('is there to be read, letter by letter, in the list and in the session', async () => {
    const list = await open('sessions');
    await expect.poll(() => list.locator('main').innerText()).toContain(markup);
    const session = await open('session');
    await expect
      .poll(() => session.locator('main').innerText())
      .toContain(hostileProduct.slice(0, 60));
  });
});
