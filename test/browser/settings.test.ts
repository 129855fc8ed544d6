/** Stories of the settings: a theme, an editor, what the server keeps and refuses, and who may ask it. */
import { randomUUID } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { get, post } from '../whole/http.ts';
import { type Server, startServer } from '../whole/server.ts';
import { crashedRun } from './crashed-run.ts';
import { setStage, untilReady } from './stage.ts';

const stage = setStage();
const demo = inject('demoUrl');
let server: Server;

beforeAll(async () => {
  server = await startServer({ args: ['--retention-days', '30'] });
});

afterAll(async () => {
  await server?.stop();
});

async function openSettings(url: string, expected: RegExp[] = []): Promise<Page> {
  const page = await stage.open(`${url}/settings`, { expected });
  await untilReady(page, 'settings');
  return page;
}

/** The rows of a table or list as they are read, in one line each. */
async function lines(rows: Locator): Promise<string[]> {
  return (await rows.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim());
}

describe('how the dashboard looks', () => {
  it('is chosen of three themes, kept, and follows the system where it is left to it', async () => {
    const page = await openSettings(server.url);
    const themes = page.getByRole('group', { name: 'Theme' });
    const chosen = () => themes.getByRole('button', { pressed: true }).innerText();
    const isDark = () =>
      page.evaluate<boolean>(
        "getComputedStyle(document.documentElement).colorScheme.startsWith('dark')",
      );
    expect(await chosen()).toBe('System');
    for (const [name, dark] of [
      ['Dark', true],
      ['Light', false],
    ] as const) {
      await themes.getByRole('button', { name }).click();
      await expect.poll(isDark).toBe(dark);
      await page.emulateMedia({ colorScheme: dark ? 'light' : 'dark' });
      await page.reload();
      await untilReady(page, 'settings');
      expect(await chosen()).toBe(name);
      expect(await isDark()).toBe(dark);
    }
    await themes.getByRole('button', { name: 'System' }).click();
    await page.reload();
    await untilReady(page, 'settings');
    expect(await chosen()).toBe('System');
    // What the bar offers is the other one.
    await page.getByRole('button', { name: 'Light theme' }).waitFor();
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('button', { name: 'Dark theme' }).waitFor();
  });
});

describe('the editor of somebody who reads stack traces', () => {
  it('is what their places lead to, once it was chosen, and never to a script', async () => {
    const { id } = await crashedRun(demo);
    const page = await openSettings(demo);
    const editor = page.getByLabel('Stack traces open in');
    const template = page.getByLabel('Address of a place in the editor');
    /** Where the innermost place of the trace leads to. */
    const place = async (): Promise<string | null> => {
      await page.goto(`${demo}/sessions/${id}`);
      await untilReady(page, 'session');
      const text = page.getByText('src/assets/mesh_cooker.cpp:412', { exact: true });
      await text.waitFor();
      const link = page.getByRole('link', { name: await text.innerText() });
      const address = (await link.count()) === 0 ? null : await link.getAttribute('href');
      await page.goto(`${demo}/settings`);
      await untilReady(page, 'settings');
      return address;
    };
    expect(await place()).toBeNull();
    await editor.selectOption('Visual Studio Code');
    expect(await place()).toBe('vscode://file/src/assets/mesh_cooker.cpp:412');
    expect(await editor.inputValue()).toBe('vscode');
    await editor.selectOption('Another one');
    await template.fill('zed://{file}#{line}');
    expect(await place()).toBe('zed://src/assets/mesh_cooker.cpp#412');
    expect(await template.inputValue()).toBe('zed://{file}#{line}');
    await template.fill('javascript:open({file})');
    expect(await place()).toBeNull();
  });
});

describe('what the server keeps', () => {
  it('is told with how long it is kept, and what was refused of what was sent', async () => {
    const session = randomUUID();
    const at = Date.now();
    const entries = [
      { kind: 'start', session, at, product: 'till', version: '1' },
      { kind: 'event', session, at, name: 'opened' },
    ];
    const sent = { spoolId: 'till', seq: 1, entries };
    expect((await post(`${server.url}/api/ingest`, sent)).status).toBe(200);
    expect((await post(`${server.url}/api/ingest`, sent)).status).toBe(200);
    const nobodys = { kind: 'event', session: randomUUID(), at, name: 'lost' };
    await post(`${server.url}/api/ingest`, { spoolId: 'till', seq: 2, entries: [nobodys] });
    await post(`${server.url}/api/ingest`, 'nonsense');

    const page = await openSettings(server.url);
    const facts = page.getByRole('region', { name: 'Retention' }).locator('dl > div');
    expect(await lines(facts)).toEqual([
      'Sessions are kept for 30 days',
      'Looked after every 1 h',
      'Suspended after 1 min of silence',
      'Lost after 15 min of silence',
    ]);
    const counts = page.getByRole('region', { name: 'Entries' }).getByRole('row');
    expect(await lines(counts)).toEqual([
      'Received 5',
      'Stored 2',
      'Sent again, counted once 2',
      'On their way to the disk 0',
      'Refused session_not_found 1',
      expect.stringMatching(/^Requests answered \d+$/),
      'Failed invalid_json 1',
    ]);
    const products = page.getByRole('region', { name: 'Disk' }).getByRole('row');
    expect((await lines(products))[1]).toMatch(/^till 1 1 /);
    await page.getByRole('link', { name: 'till' }).click();
    await expect.poll(() => page.url()).toBe(`${server.url}/sessions?product=till`);
  });
});

describe('webhooks', () => {
  it('are made, tried, looked at and deleted', async () => {
    const page = await openSettings(server.url, [/status of 400/]);
    const panel = page.getByRole('region', { name: 'Webhooks' });
    const rows = panel.getByRole('row');
    await panel.getByLabel('Name').fill('on call');
    await panel.getByLabel('Address').fill('ftp://nowhere');
    expect(await panel.getByLabel('Function').isVisible()).toBe(false);
    await panel.getByRole('checkbox', { name: 'metric' }).check();
    for (const [label, value] of [
      ['Metric', 'frame_time_ms'],
      ['Function', 'p95'],
      ['Above', '50'],
      ['Window', '5m'],
    ] as const) {
      await panel.getByLabel(label, { exact: true }).fill(value);
    }
    const make = panel.getByRole('button', { name: 'Make a webhook' });
    await make.click();
    await panel.getByRole('alert').getByText('url is "ftp://nowhere"').waitFor();
    // Of this server itself: it answers, and not with a success.
    await panel.getByLabel('Address').fill(`${server.url}/health`);
    await make.click();
    await panel.getByText(/^whsec_/).waitFor();
    await expect
      .poll(async () => (await lines(rows))[1])
      .toBe(`on call crash, p95 of frame_time_ms ${server.url}/health Test Log Delete`);
    await panel.getByRole('button', { name: 'Test on call' }).click();
    await expect
      .poll(async () => (await lines(rows))[2])
      .toMatch(/^(now|\S+ ago) failed Test of the webhook on call status 405$/);
    await page.reload();
    await untilReady(page, 'settings');
    await panel.getByRole('button', { name: 'Log of on call' }).click();
    await panel.getByText('status 405').waitFor();
    expect(await page.locator('main').innerText()).not.toContain('whsec_');
    await panel.getByRole('button', { name: 'Delete on call' }).click();
    await panel.getByRole('button', { name: 'Delete on call' }).click();
    await expect.poll(() => rows.count()).toBe(0);
  });
});

describe('tokens', () => {
  /** A server of a story's own, since the first token locks it. */
  async function openTokens(expected: RegExp[] = []): Promise<[Server, Page, Locator]> {
    const locked = await startServer();
    onTestFinished(async () => {
      await locked.stop();
    });
    const page = await openSettings(locked.url, expected);
    return [locked, page, page.getByRole('region', { name: 'Tokens' })];
  }

  /** Asks as the one who has a secret. */
  function as(secret: string) {
    return { headers: { authorization: `Bearer ${secret}` } };
  }

  /** The secret that is shown, once it is another one. */
  async function newSecret(panel: Locator, old = ''): Promise<string> {
    const shown = panel.getByRole('status').getByText(/^tacho_/);
    await expect.poll(() => shown.innerText()).not.toBe(old);
    return shown.innerText();
  }

  it('are made, copied, used, and revoked by somebody who stays in', async () => {
    const [{ url }, page, panel] = await openTokens();
    const rows = panel.getByRole('row');
    const record = async (secret: string): Promise<number> =>
      (await post(`${url}/api/sessions`, { product: 'shop', version: '1' }, as(secret))).status;

    await panel.getByText('There is none').waitFor();
    await panel.getByLabel('Name').fill('me');
    await panel.getByRole('button', { name: 'Make a token' }).click();
    const mine = await newSecret(panel);
    await expect
      .poll(() => lines(rows))
      .toEqual([
        'Name May Made Last used Expires Revoke',
        expect.stringMatching(/^me admin Today [\d:]+ \S.* never Revoke$/),
      ]);
    expect((await get(`${url}/api/sessions`)).status).toBe(401);

    await panel.getByLabel('Name').fill('till');
    await panel.getByLabel('Expires, if ever').fill('2099-01-31');
    await panel.getByRole('button', { name: 'Make a token' }).click();
    const tills = await newSecret(panel, mine);
    // Midnight of whoever chose the day.
    await expect
      .poll(async () => (await lines(rows))[2])
      .toMatch(/^till ingest Today [\d:]+ never Sat 31 Jan 2099 00:00 Revoke$/);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await panel.getByRole('button', { name: 'Copy the secret' }).click();
    await panel.getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(tills);
    expect(await record(tills)).toBe(201);
    await page.reload();
    await untilReady(page, 'settings');
    await expect.poll(async () => (await lines(rows))[2]).toMatch(/^till ingest .* (now|ago) Sat /);
    expect(await page.locator('main').innerText()).not.toContain('tacho_');

    const revoke = panel.getByRole('button', { name: 'Revoke till' });
    await revoke.click();
    await panel.getByRole('button', { name: 'Keep' }).click();
    expect(await record(tills)).toBe(201);
    await revoke.click();
    await revoke.click();
    await expect.poll(() => rows.count()).toBe(2);
    expect(await record(tills)).toBe(401);
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await page.getByRole('link', { name: 'shop 1' }).first().waitFor();
  });

  it('tell the secret of a first one even if it may not make others', async () => {
    const [{ url }, page, panel] = await openTokens([/401|403/]);
    await panel.getByLabel('Name').fill('reader');
    await panel.getByRole('checkbox', { name: /^admin/ }).uncheck();
    await panel.getByRole('checkbox', { name: /^read/ }).check();
    await panel.getByRole('button', { name: 'Make a token' }).click();
    await panel.getByText('needs one with the scope admin').waitFor();
    const secret = await newSecret(panel);
    expect((await get(`${url}/api/sessions`, as(secret))).status).toBe(200);
    await panel.getByRole('button', { name: 'Log out of this browser' }).click();
    await page.getByLabel('Token').waitFor();
    await page.close();
  });

  it('are asked for something that they may do', async () => {
    const [, , panel] = await openTokens([/400/]);
    await panel.getByLabel('Name').fill('nobody');
    await panel.getByRole('checkbox', { name: /^admin/ }).uncheck();
    await panel.getByRole('button', { name: 'Make a token' }).click();
    await expect
      .poll(() => panel.getByRole('alert').innerText())
      .toContain('expected a list of ingest, read, admin');
    expect(await panel.getByRole('row').count()).toBe(0);
  });
});
