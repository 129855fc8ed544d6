/** What is around every page: its bar, its keys, its size, and the ways in: prefixes and tokens. */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTacho } from '../whole/cli.ts';
import { post } from '../whole/http.ts';
import { type Server, startServer, temporaryDirectory } from '../whole/server.ts';
import { startPrefix } from './prefix.ts';
import { setStage } from './stage.ts';

const stage = setStage();
let server: Server;

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await server?.stop();
});

/** The page that the bar says we are on. */
function here(page: Page): Promise<string> {
  return page
    .getByRole('navigation', { name: 'Pages', exact: true })
    .locator('[aria-current=page]')
    .innerText();
}

describe('the dashboard', () => {
  it('has at most 120 KB of JavaScript, gzipped, all pages together', () => {
    const folder = fileURLToPath(
      new URL('../../packages/server/dist/dashboard/assets/', import.meta.url),
    );
    const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(0);
    const bytes = scripts.reduce(
      (sum, name) => sum + gzipSync(readFileSync(folder + name)).length,
      0,
    );
    expect(bytes).toBeLessThanOrEqual(120_000);
  });

  it('goes from page to page by its bar and by keys, and back and forward again', async () => {
    const page = await stage.open(server.url);
    expect(await here(page)).toBe('Overview');
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    expect(new URL(page.url()).pathname).toBe('/sessions');
    await page.keyboard.press('g');
    await page.keyboard.press('v');
    expect(new URL(page.url()).pathname).toBe('/versions');
    await expect.poll(() => here(page)).toBe('Versions');
    await page.goBack();
    await expect.poll(() => here(page)).toBe('Sessions');
    await page.goForward();
    await expect.poll(() => here(page)).toBe('Versions');
  });

  it('shows all keys by ? and hides them by Esc', async () => {
    const page = await stage.open(server.url);
    await page.getByRole('navigation', { name: 'Pages', exact: true }).waitFor();
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'All keys' });
    await help.waitFor();
    expect(await help.innerText()).toContain('Search');
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
  });

  it('lets who uses the keyboard skip the bar, and stays where it is', async () => {
    const page = await stage.open(`${server.url}/sessions`);
    await page.getByRole('link', { name: 'Skip to the page' }).press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main');
    expect(new URL(page.url()).pathname).toBe('/sessions');
  });

  it('finds a session from anywhere by keys alone: /, words, arrows, Enter', async () => {
    const id = randomUUID();
    const body = { id, product: 'Lighthouse', version: '7.1', machine_id: 'rock-3' };
    expect((await post(`${server.url}/api/sessions`, body)).status).toBe(201);
    const page = await stage.open(`${server.url}/versions`);
    await page.getByRole('navigation', { name: 'Pages', exact: true }).waitFor();
    await page.keyboard.press('/');
    await page.getByRole('dialog', { name: 'Search' }).waitFor();
    await page.keyboard.type(id.slice(0, 8));
    const dialog = page.getByRole('dialog', { name: 'Search' });
    const finding = dialog.getByRole('option', { name: 'Lighthouse' }).first();
    await finding.waitFor();
    expect(await finding.getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/sessions/${id}`);
    await page.getByRole('dialog', { name: 'Search' }).waitFor({ state: 'hidden' });
    await page.keyboard.press('g');
    await page.keyboard.press('v');
    await expect.poll(() => here(page)).toBe('Versions');
    await page.keyboard.press('/');
    await dialog.getByRole('combobox').fill('fog on the lake');
    await dialog.getByRole('option', { name: '“fog on the lake”' }).waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url()).toBe(`${server.url}/sessions?text=fog+on+the+lake`);
  });

  it('turns dark and light, and remembers it', async () => {
    const page = await stage.open(server.url, { theme: 'light' });
    const paper = () =>
      page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    const light = await paper();
    await page.getByRole('button', { name: 'Dark theme' }).click();
    await expect.poll(paper).not.toBe(light);
    const dark = await paper();
    await page.reload();
    await page.getByRole('button', { name: 'Light theme' }).waitFor();
    expect(await paper()).toBe(dark);
  });

  it('works below a path of a proxy that takes the path away', async () => {
    const proxy = await startPrefix(server.url);
    try {
      const page = await stage.open(`${proxy.url}/`);
      await page.getByRole('link', { name: 'Sessions', exact: true }).click();
      expect(page.url()).toBe(`${proxy.url}/sessions`);
      await page.reload();
      await expect.poll(() => here(page)).toBe('Sessions');
      await page.getByRole('link', { name: 'Overview', exact: true }).click();
      expect(page.url()).toBe(`${proxy.url}/`);
    } finally {
      proxy.close();
    }
  });

  it('says so when there is no such page', async () => {
    const page = await stage.open(`${server.url}/sessions`);
    await page.evaluate(
      "history.pushState(null, '', 'nothing'); dispatchEvent(new PopStateEvent('popstate'))",
    );
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  });
});

describe('a server that wants tokens', () => {
  it('asks for one, says when it is wrong, and lets in with the right one for as long as it is not revoked', async () => {
    const dataDir = temporaryDirectory();
    const made = await runTacho([
      'token',
      'create',
      '--name',
      'viewer',
      '--scope',
      'read',
      '--data',
      dataDir,
    ]);
    expect(made.code, made.stderr).toBe(0);
    const secret = /tacho_\S+/.exec(made.stdout)![0];
    const guarded = await startServer({ dataDir });
    try {
      const page = await stage.open(`${guarded.url}/sessions`, { expected: [/401|403/] });
      const field = page.getByLabel('Token');
      await field.fill('tacho_wrong');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').waitFor();
      await field.fill(secret);
      await page.keyboard.press('Enter');
      await expect.poll(() => here(page)).toBe('Sessions');
      expect(page.url()).toBe(`${guarded.url}/sessions`);
      await page.reload();
      await expect.poll(() => here(page)).toBe('Sessions');
      // What it would say of a server that is gone is another story.
      await page.close();
    } finally {
      await guarded.stop();
    }
  });
});
