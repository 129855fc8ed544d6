/** Stories of the versions: who runs them, how healthy they are, which test says so, and what differs between two. */
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Server, startServer } from '../whole/server.ts';
import { deadOfSecond, recordVersions, sessionsEach } from './kiosk.ts';
import { behind, followed } from './links.ts';
import { setStage, untilReady } from './stage.ts';

const stage = setStage();
const demo = inject('demoUrl');

let server: Server;
let empty: Server;

beforeAll(async () => {
  [server, empty] = await Promise.all([startServer(), startServer()]);
  await recordVersions(server.url, Date.now() - 60_000);
});

afterAll(async () => {
  await Promise.all([server?.stop(), empty?.stop()]);
});

async function openVersions(query = '', url = server.url): Promise<Page> {
  const page = await stage.open(`${url}/versions${query}`);
  await untilReady(page, 'versions');
  return page;
}

/** The table of versions. */
function table(page: Page): Locator {
  return page.getByRole('region', { name: 'Versions' });
}

/** The row of a version. */
function row(page: Page, version: string): Locator {
  return table(page)
    .getByRole('row')
    .filter({ has: page.getByRole('link', { name: version }) });
}

/** What stands in the cells of a row, each in one line. */
async function cells(of: Locator): Promise<string[]> {
  const texts = await of.locator('th, td').allInnerTexts();
  return texts.map((text) => text.replaceAll(/\s+/g, ' ').trim());
}

/** The versions in the order of the table. */
function order(page: Page): Promise<string[]> {
  return table(page).getByRole('link').allInnerTexts();
}

function compared(page: Page, candidate: string, base: string): Locator {
  return page.getByRole('region', { name: `${candidate} against ${base}` });
}

describe('the versions of a product', () => {
  it('stand in a table that says who runs them and how they do, newest first or sorted', async () => {
    const page = await openVersions();
    expect(await order(page)).toEqual(['1.2.0', '1.1.0', '1.0.0']);
    const [, version, , adoption, sessions, crashFree, hangFree, , trouble] = await cells(
      row(page, '1.1.0'),
    );
    expect([version, adoption, sessions]).toEqual(['1.1.0', '33 %', String(sessionsEach)]);
    expect([crashFree, hangFree, trouble]).toEqual(['60.00 %', '100.00 %', '400']);
    const link = row(page, '1.1.0').getByRole('link');
    expect(await behind(server.url, link)).toBe(sessionsEach);
    await followed(page, link, sessionsEach);

    const head = table(page).getByRole('columnheader', { name: 'Crash-free' });
    const sort = head.getByRole('button');
    await sort.click();
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    expect((await order(page)).at(-1)).toBe('1.1.0');
    await sort.click();
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    expect((await order(page))[0]).toBe('1.1.0');
    await sort.click();
    expect(await order(page)).toEqual(['1.2.0', '1.1.0', '1.0.0']);
  });

  it('are marked as worse or better by a test that is named', async () => {
    const page = await openVersions();
    const mark = async (version: string) => (await cells(row(page, version))).at(-1);
    await expect
      .poll(() => mark('1.1.0'))
      .toBe('worse: Crash-free sessions ▼ 40.00 pt Fisher’s exact test p < 0.001 · 2 more');
    expect(await mark('1.2.0')).toBe(
      'better: Crash-free sessions ▲ 40.00 pt Fisher’s exact test p < 0.001 · 2 more',
    );
    expect(await mark('1.0.0')).toBe('the first');
    const heading = page.getByRole('heading', { level: 1 });
    expect(await heading.innerText()).toBe('kiosk 1.2.0 is no worse than 1.1.0.');
    await row(page, '1.1.0')
      .getByRole('button', { name: /^worse/ })
      .click();
    await compared(page, '1.1.0', '1.0.0').getByText('▼ worse').first().waitFor();
  });

  it('have replaced each other in the time that is looked at', async () => {
    const page = await openVersions();
    const adoption = page.getByRole('region', { name: 'Adoption' });
    await adoption.getByText('1.0.0 0 %, 1.1.0 0 %, 1.2.0 100 %').waitFor();
    for (const name of ['7 d', '90 d']) {
      await adoption.getByRole('button', { name }).click();
      await adoption.getByRole('button', { name, pressed: true }).waitFor();
      await expect.poll(() => new URL(page.url()).search).toBe(`?range=${name.replace(' ', '')}`);
      await adoption.getByText('1.2.0 100 %').waitFor();
    }
    await page.goBack();
    await adoption.getByRole('button', { name: '7 d', pressed: true }).waitFor();
  });

  it('are those of the product that somebody chooses', async () => {
    const page = await openVersions('', demo);
    await page.getByLabel('Product').selectOption('checkout-api');
    const heading = page.getByRole('heading', { level: 1 });
    await expect
      .poll(() => heading.innerText())
      .toMatch(
        /^checkout-api 1\.12\.3 has http_request_duration_ms \d\d % higher than 1\.12\.2\.$/,
      );
    const mark = (await cells(row(page, '1.12.3'))).at(-1);
    expect(mark).toMatch(
      /^worse: http_request_duration_ms ▲ \d\d % Median of the sessions; Mann–Whitney q [<=] 0\.\d+, Cliff’s delta [01]\.\d\d/,
    );
    await expect.poll(() => new URL(page.url()).search).toBe('?product=checkout-api');
    expect(await page.title()).toBe('Versions of checkout-api · Tacho');
  });
});

describe('two versions', () => {
  it('are chosen from the table and compared, the older one as the base, with the proof of each difference', async () => {
    const page = await openVersions();
    await page.getByRole('checkbox', { name: 'Compare 1.1.0' }).check();
    await page.getByRole('checkbox', { name: 'Compare 1.0.0' }).check();
    const panel = compared(page, '1.1.0', '1.0.0');
    const findings = panel.getByRole('listitem');
    await findings.first().waitFor();
    expect((await findings.allInnerTexts()).slice(0, 3)).toEqual([
      '▼ worse Sessions without a crash fell from 100 % to 60 %',
      expect.stringMatching(/^▼ worse Cause .* in 40 % of the sessions, 0 % before$/),
      '▼ worse New exception PrinterJam: no paper in tray 2 in 40 % of the sessions, 0 % before',
    ]);
    const rows = (name: string) => panel.getByRole('row', { name });
    expect(await cells(rows('Crash-free sessions'))).toEqual([
      ...['Crash-free sessions', '100.00 %', '60.00 %'],
      ...['−40.00 pt', 'p < 0.001', '▼ worse'],
    ]);
    expect(await cells(rows('PrinterJam'))).toEqual([
      ...['New PrinterJam no paper in tray 2', '·', String(deadOfSecond)],
      ...['+40.00 pt', 'q < 0.001', '▲ worse'],
    ]);
    expect(await cells(rows('print_ms'))).toEqual([
      ...['print_ms', '43.45', '83.45 ms', '▲ 92 %', '1.00', 'q < 0.001', '▲ changed'],
    ]);
    expect(await cells(rows('memory_mb'))).toEqual([
      ...['memory_mb', '101.5', '101.5 MiB', '·', '0.00', 'q = 1.00', 'same'],
    ]);
    for (const told of ['Fisher’s exact test', 'Mann–Whitney test', 'Cliff’s delta']) {
      expect(await panel.innerText()).toContain(told);
    }
  });

  it('lead to the sessions and metrics behind each difference', async () => {
    const page = await openVersions('?base=1.0.0&candidate=1.1.0');
    const panel = compared(page, '1.1.0', '1.0.0');
    const link = (name: string | RegExp) => panel.getByRole('link', { name });
    await link('PrinterJam').waitFor();
    for (const [name, sessions] of [
      [/^40 sessions of 1\.1\.0$/, sessionsEach],
      [/^40 of 1\.0\.0$/, sessionsEach],
      ['Uncaught exception', deadOfSecond],
      ['PrinterJam', deadOfSecond],
    ] as const) {
      expect(await behind(server.url, link(name))).toBe(sessions);
    }
    await followed(page, link('PrinterJam'), deadOfSecond);
    await link('print_ms').click();
    await untilReady(page, 'explore');
    await page.getByRole('button', { name: 'Metric: print_ms' }).waitFor();
    await page.getByRole('row', { name: /^1\.1\.0 40 sessions of 1\.1\.0 160 / }).waitFor();
  });

  it('are exchanged, put away, and the same behind a link', async () => {
    const page = await openVersions('?base=1.0.0&candidate=1.1.0');
    await page.getByRole('combobox', { name: 'to', exact: true }).selectOption('1.2.0');
    const panel = compared(page, '1.2.0', '1.0.0');
    await panel.getByText('No difference is proven.').waitFor();
    await page.getByRole('combobox', { name: 'From' }).selectOption('1.1.0');
    const other = compared(page, '1.2.0', '1.1.0');
    await other.getByText('▲ better').first().waitFor();
    for (const version of ['1.2.0', '1.1.0']) {
      expect(await page.getByLabel(`Compare ${version}`).isChecked()).toBe(true);
    }
    // A third one takes the place of the one that was chosen first.
    const before = page.url();
    await page.getByRole('checkbox', { name: 'Compare 1.0.0' }).check();
    await compared(page, '1.2.0', '1.0.0').waitFor();
    await expect.poll(() => page.url()).not.toBe(before);
    await page.goBack();
    await expect.poll(() => page.url()).toBe(before);
    const again = await openVersions(new URL(page.url()).search);
    const there = compared(again, '1.2.0', '1.1.0');
    await there.getByText('▲ better').first().waitFor();
    await expect.poll(() => other.innerText()).toBe(await there.innerText());

    await other.getByRole('button', { name: 'Close the comparison' }).click();
    await other.waitFor({ state: 'detached' });
    await expect.poll(() => new URL(page.url()).search).toBe('');
  });

  it('are told to be missing where there is no session of one', async () => {
    const page = await openVersions('?base=0.9.0&candidate=1.1.0');
    await compared(page, '1.1.0', '0.9.0').getByText('No session of 0.9.0 is stored.').waitFor();
  });
});

describe('without a version', () => {
  it('the page says how to record one', async () => {
    const page = await openVersions('', empty.url);
    await page.getByText('No version has run yet').waitFor();
    expect(await page.locator('main').innerText()).toMatch(/curl .*\/api\/sessions .*"version"/);
  });

  it('the page offers the other products', async () => {
    const page = await stage.open(`${server.url}/versions?product=nothing`);
    await page.getByText('No version of nothing has run').waitFor();
    await page.getByLabel('Product').selectOption('kiosk');
    await row(page, '1.2.0').waitFor();
  });
});
