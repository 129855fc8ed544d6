/** Stories of the list: finding, what arrives meanwhile, choosing several, an empty server and one that goes away. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { post } from '../whole/http.ts';
import { type Server, type ServerOptions, startServer } from '../whole/server.ts';
import { setStage, untilReady } from './stage.ts';

const stage = setStage();
const demo = inject('demoUrl');

/** A server of a story's own. */
async function ownServer(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer(options);
  onTestFinished(async () => {
    await server.stop();
  });
  return server;
}

/** Records a session, ended unless it is to live; its id. */
async function record(server: Server, version: string, isAlive = false): Promise<string> {
  const id = randomUUID();
  const body = { id, product: 'Shop', version, machine_id: 'till-1' };
  expect((await post(`${server.url}/api/sessions`, body)).status).toBe(201);
  if (!isAlive) await post(`${server.url}/api/sessions/${id}/end`);
  return id;
}

/** Rows of the list that are drawn, without the heads. */
function rows(page: Page): Locator {
  return page.getByRole('table', { name: 'Sessions' }).locator('[role=row][data-id]');
}

/** Texts of rows without how long ago they were: a minute may pass between two looks. */
function untimed(texts: readonly string[]): string[] {
  return texts.map((text) => text.replace(/(\d+ \w+ ago|now)/g, ''));
}

describe('somebody who looks for a crash', () => {
  it('finds the crashed sessions of a version by typing, opens one, and comes back to the same list', async () => {
    const page = await stage.open(`${demo}/sessions`);
    await untilReady(page, 'sessions');
    await page.keyboard.press('/');
    await page.keyboard.type('2.4.0');
    await page.getByRole('option', { name: '2.4.0' }).first().click();
    await page.getByRole('button', { name: 'Remove Version 2.4.0' }).waitFor();
    const kinds = page.getByRole('group', { name: 'Kinds of sessions' });
    await kinds.getByRole('button', { name: 'hung, killed' }).click();
    const crashed = rows(page).filter({ hasText: 'qa-tower-07' });
    await expect
      .poll(() => crashed.innerText())
      .toMatch(/emberline\s+2\.4\.0[\s\S]*Crashed while hung/);
    // Those that ended otherwise are gone, and nothing is shown but what was asked for.
    await rows(page).filter({ hasText: 'Exit 0' }).first().waitFor({ state: 'detached' });
    const shown = await rows(page).allInnerTexts();
    expect(shown.filter((text) => !text.includes('2.4.0'))).toEqual([]);
    const list = page.url();
    const id = await crashed.getAttribute('data-id');
    await crashed.getByRole('link', { name: 'emberline 2.4.0' }).click();
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/sessions/${id}`);
    await page.goBack();
    await expect.poll(() => page.url()).toBe(list);
    await expect
      .poll(async () => untimed(await rows(page).allInnerTexts()))
      .toEqual(untimed(shown));
    await page.goForward();
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/sessions/${id}`);
  });

  it('walks the list by keys alone, opens a session and compares two', async () => {
    const page = await stage.open(`${demo}/sessions?product=emberline`);
    await untilReady(page, 'sessions');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const second = await rows(page).nth(1).getAttribute('data-id');
    await expect.poll(() => page.locator('[data-at=true]').getAttribute('data-id')).toBe(second);
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/sessions/${second}`);
    await page.goBack();
    await rows(page).first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page
      .getByRole('toolbar', { name: 'Selected sessions' })
      .getByText('2 selected')
      .waitFor();
    await page.keyboard.press('c');
    await expect.poll(() => new URL(page.url()).pathname).toBe('/compare');
    expect(new URL(page.url()).searchParams.getAll('id')).toHaveLength(2);
  });

  it('sees the same list behind a link in another browser', async () => {
    const path = '/sessions?product=checkout-api&sort=duration&order=asc';
    const [one, other] = [await stage.open(demo + path), await stage.open(demo + path)];
    await untilReady(one, 'sessions');
    await untilReady(other, 'sessions');
    const names = (page: Page) => rows(page).locator('a.open').allInnerTexts();
    await expect.poll(async () => (await names(one)).length).toBeGreaterThan(10);
    expect(await names(other)).toEqual(await names(one));
  });

  it('is told what each part of a filter without a hit costs', async () => {
    const page = await stage.open(`${demo}/sessions?product=emberline&version=9.9.9`);
    await page.getByText('No session matches').waitFor();
    const part = page.getByRole('listitem').filter({ hasText: '9.9.9' });
    await expect.poll(() => part.innerText()).toMatch(/\d+ sessions/);
    await part.getByRole('button').click();
    await rows(page).first().waitFor();
    expect(new URL(page.url()).search).toBe('?product=emberline');
  });
});

describe('what arrives while somebody looks', () => {
  it('comes by itself at the top, and is counted and held back otherwise', async () => {
    const server = await ownServer();
    for (let i = 0; i < 60; i++) await record(server, `1.${i}`);
    const page = await stage.open(`${server.url}/sessions`);
    await untilReady(page, 'sessions');
    const first = rows(page).first();
    const held = page.getByRole('status').filter({ hasText: 'held back' });

    await record(server, '2.0', true);
    await expect.poll(() => first.innerText()).toContain('2.0');
    expect(await held.count()).toBe(0);

    // Selected: nothing moves.
    await rows(page).nth(2).getByRole('checkbox').click();
    await record(server, '2.1', true);
    await expect.poll(() => held.innerText()).toMatch(/1 new session\b/);
    expect(await first.innerText()).toContain('2.0');
    await page.getByRole('button', { name: 'Clear the selection' }).click();
    await page.keyboard.press('n');
    await expect.poll(() => first.innerText()).toContain('2.1');

    // Further down: what is read stays where it is.
    await page.mouse.move(700, 500);
    await page.mouse.wheel(0, 640);
    await expect.poll(() => page.evaluate('scrollY')).toBeGreaterThan(600);
    const seen = rows(page).nth(10);
    const [text, top] = [await seen.innerText(), (await seen.boundingBox())!.y];
    await record(server, '2.2', true);
    await record(server, '2.3', true);
    await expect.poll(() => held.innerText()).toMatch(/2 new sessions/);
    const same = rows(page).filter({ hasText: text.split('\n')[0]! });
    expect(Math.abs((await same.first().boundingBox())!.y - top)).toBeLessThanOrEqual(32);
    await held.getByRole('button').click();
    await expect.poll(() => first.innerText()).toContain('2.3');
  });
});

describe('a server', () => {
  it('that is empty says how to begin, with a line that does begin, and opens what comes first', async () => {
    const server = await ownServer();
    const page = await stage.open(`${server.url}/sessions`);
    const line = page.locator('code', { hasText: 'curl' });
    await line.waitFor();
    const [, url, body] = /curl -X POST (\S+) .*-d '(.*)'/.exec(await line.innerText())!;
    expect((await post(url!, JSON.parse(body!))).status).toBe(201);
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/sessions\/[0-9a-f-]{36}$/);
  });

  it('that went away is told with a way to retry, which works once it is back', async () => {
    const gone = await startServer();
    await record(gone, '1.0');
    const expected = [
      /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_EMPTY|ERR_CONNECTION_RESET|ERR_NETWORK/,
    ];
    const page = await stage.open(`${gone.url}/sessions`, { expected });
    await rows(page).first().waitFor();
    await gone.stop();
    await page.getByRole('button', { name: 'Duration' }).click();
    const alert = page.getByRole('alert').first();
    await alert.waitFor();
    await ownServer({ dataDir: gone.dataDir, args: ['--port', String(gone.port)] });
    await alert.getByRole('button', { name: 'Retry' }).click();
    await rows(page).first().waitFor();
    await alert.waitFor({ state: 'hidden' });
  });
});

describe('somebody who goes on in a spreadsheet', () => {
  it('takes the sessions that are listed away as CSV, and as Parquet, and no others', async () => {
    const server = await ownServer();
    const ids = [await record(server, '1.0'), await record(server, '2.0')];
    for (const id of ids) {
      await post(`${server.url}/api/sessions/${id}/metrics`, { name: 'load_ratio', value: 0.5 });
    }
    const page = await stage.open(`${server.url}/sessions?version=2.0`);
    await untilReady(page, 'sessions');
    const take = async (name: string): Promise<[string, Buffer]> => {
      await page.getByRole('button', { name: 'Export', exact: true }).click();
      const coming = page.waitForEvent('download');
      await page.getByRole('link', { name }).click();
      const download = await coming;
      return [download.suggestedFilename(), readFileSync(await download.path())];
    };
    const [name, csv] = await take('CSV');
    expect(name).toBe('samples.csv');
    const lines = csv.toString().trimEnd().split('\r\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain(`${ids[1]},Shop,2.0,till-1,load_ratio,`);
    const [file, bytes] = await take('Parquet');
    expect(file).toBe('samples.parquet');
    expect(bytes.subarray(-4).toString()).toBe('PAR1');
  });
});
