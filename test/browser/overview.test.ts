/** Stories of the overview: what its sentence, its cards and its panels tell of a week, and where they lead. */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, inject, it } from 'vitest';
import { get } from '../whole/http.ts';
import { behind, expectRows, followed, numbersIn } from './links.ts';
import { setStage, untilReady } from './stage.ts';

const stage = setStage();
const demo = inject('demoUrl');

async function openOverview(query = ''): Promise<Page> {
  const page = await stage.open(`${demo}/${query}`);
  await untilReady(page, 'overview');
  return page;
}

function panel(page: Page, name: string | RegExp): Locator {
  return page.getByRole('region', { name });
}

function card(page: Page, product: string): Locator {
  return panel(page, 'Products').getByRole('button', { name: product });
}

/** A text in one line. */
async function line(place: Locator): Promise<string> {
  return (await place.innerText()).replaceAll(/\s+/g, ' ').trim();
}

/** A number of a text that is found so. */
function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}

/** Waits for the list of what ran in the time of a bar, in which so many sessions began. */
async function expectBar(page: Page, began: number): Promise<void> {
  await expect.poll(() => new URL(page.url()).pathname).toBe('/sessions');
  const { search, searchParams } = new URL(page.url());
  const [from, to] = [searchParams.get('from')!, searchParams.get('to')!];
  const { sessions } = (await get(`${demo}/api/sessions${search}&limit=500`)).json as {
    sessions: { created_at: string }[];
  };
  const fresh = sessions.filter(({ created_at: at }) => at >= from && at < to);
  expect(fresh).toHaveLength(began);
  await expectRows(page, sessions.length);
}

describe('the overview of a week', () => {
  it('says in one sentence what got worse', async () => {
    const page = await openOverview();
    const heading = page.getByRole('heading', { level: 1 });
    await expect
      .poll(() => heading.innerText())
      .toMatch(
        // Which of the two is the worse one depends on what ran until now.
        /^(checkout-api 1\.12\.3 has http_request_duration_ms \d\d % higher than 1\.12\.2|emberline 2\.4\.0 hangs in [\d.]+ % of its runs, which 2\.3\.9 never did)\. /,
      );
    expect(await page.title()).toBe('Overview · Tacho');
  });

  it('has a card for each product, whose numbers are those of the panels and of the lists', async () => {
    const page = await openOverview();
    for (const product of ['rig-nightly', 'emberline']) {
      await card(page, product).click();
      await expect.poll(() => new URL(page.url()).searchParams.get('product')).toBe(product);
      expect(await card(page, product).getAttribute('aria-pressed')).toBe('true');
      const text = await line(card(page, product));
      const sessions = numberIn(text, /(\d+) sessions/);
      const inTrouble = numberIn(text, /(\d+) in trouble/);
      const causes = panel(page, 'Causes of death');
      await causes.getByText(`${inTrouble} of ${sessions} sessions`).waitFor();
      const outcomes = page.getByRole('group', { name: 'Show one outcome alone' });
      const counts = (await outcomes.getByRole('button').allInnerTexts()).map(
        (each) => numbersIn(each)[0]!,
      );
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(sessions);
      const deaths = await causes.getByRole('link').all();
      let dead = 0;
      for (const death of deaths) {
        const told = numberIn(await line(death), /(\d+)$/);
        expect(await behind(demo, death)).toBe(told);
        dead += told;
      }
      expect(dead).toBe(inTrouble);
    }
    const worst = panel(page, 'Causes of death').getByRole('link').first();
    await followed(page, worst, numberIn(await line(worst), /(\d+)$/));
  });

  it('goes from bar to bar by keys, shows one outcome alone, and opens the sessions of a bar', async () => {
    const page = await openOverview('?product=emberline');
    const bars = page.getByRole('slider', { name: /^Sessions per hour/ });
    const told = async () => (await bars.getAttribute('aria-valuetext'))!;
    await bars.focus();
    await page.keyboard.press('End');
    const last = await told();
    expect(last).toMatch(/^Today \d\d:\d\d–\d\d:\d\d: \d+ sessions? began/);
    // To one of which some ended badly.
    const isBad = (text: string): boolean => /: \d+ sessions? began, \d+ (lost|hung)/.test(text);
    for (let i = 0; i < 200 && !isBad(await told()); i++) await page.keyboard.press('ArrowLeft');
    const bad = await told();
    expect(isBad(bad)).toBe(true);
    await page.keyboard.press('Enter');
    await expectBar(page, numberIn(bad, /: (\d+) sessions? began/));
    await page.goBack();
    await bars.waitFor();

    const outcome = bad.includes('hung') ? 'hung, killed' : 'lost';
    const outcomes = page.getByRole('group', { name: 'Show one outcome alone' });
    await outcomes.getByRole('button', { name: outcome }).click();
    await outcomes.getByRole('button', { name: outcome, pressed: true }).waitFor();
    await bars.focus();
    for (let i = 0; i < 200 && (await told()) !== bad; i++) await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await expectBar(page, numberIn(bad, new RegExp(`(\\d+) ${outcome}`)));
  });

  it('tells of the bar under the pointer, and opens that one', async () => {
    const page = await openOverview('?product=emberline');
    const bars = page.getByRole('slider', { name: /^Sessions per hour/ });
    await bars.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await bars.boundingBox())!;
    const tip = page.getByText(/^\d+ sessions? began$/).and(page.locator('[aria-hidden] *'));
    let sessions = 0;
    for (let at = x + width - 3; at > x && sessions === 0; at -= 5) {
      await page.mouse.move(at, y + height / 2);
      // What is told is drawn with the next frame.
      await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))');
      sessions = numbersIn(await tip.innerText())[0]!;
    }
    expect(sessions).toBeGreaterThan(0);
    await page.mouse.down();
    await page.mouse.up();
    await expectBar(page, sessions);
  });

  it('tells of versions and exceptions as many sessions as their lists have', async () => {
    const page = await openOverview('?product=emberline');
    const versions = panel(page, /^Versions/).getByRole('row');
    await versions.nth(1).waitFor();
    for (const row of (await versions.all()).slice(1)) {
      const [, , sessions] = (await row.getByRole('cell').allInnerTexts()).map(Number);
      expect(await behind(demo, row.getByRole('link'))).toBe(sessions);
    }
    const exceptions = panel(page, 'Exceptions').getByRole('link');
    await exceptions.first().waitFor();
    const counts: number[] = [];
    for (const exception of await exceptions.all()) {
      const [, times, runs] = / (\d+) (\d+) runs?$/.exec(await line(exception)) ?? [];
      expect(await behind(demo, exception)).toBe(Number(runs));
      counts.push(Number(times));
    }
    expect(counts.length).toBeGreaterThan(2);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    const crash = exceptions.filter({ hasText: 'SIGSEGV' });
    await followed(page, crash, numberIn(await line(crash), /(\d+) runs?$/));
    await panel(page, /^Versions/)
      .getByRole('link', { name: 'More' })
      .click();
    await expect.poll(() => page.url().replace(demo, '')).toBe('/versions?product=emberline');
  });

  it('tells what changed with the newest version, and leads to its sessions, metric and proof', async () => {
    const page = await openOverview('?product=checkout-api');
    const changed = panel(page, 'What changed since 1.12.2');
    await changed.waitFor();
    const crashes = changed.getByRole('link', { name: /^Crash-free sessions/ });
    expect(await line(crashes)).toMatch(
      /^Crash-free sessions [\d.]+ → [\d.]+ % (·|[▼▲] [\d.]+ pt)/,
    );
    const both = changed.getByRole('link', { name: /sessions of 1\.12\.3, \d+ of 1\.12\.2$/ });
    const [candidate] = numbersIn(await line(both));
    const crashed = await behind(demo, crashes);
    const free = numberIn(await line(crashes), /→ ([\d.]+) %/);
    expect(free).toBeCloseTo((1 - crashed / candidate!) * 100, 1);
    await followed(page, crashes, crashed);

    const metric = changed.getByRole('link', { name: /^http_request_duration_ms/ });
    expect(await line(metric)).toMatch(
      /^http_request_duration_ms [\d.]+ → [\d.]+ ms ▲ \d\d % worse$/,
    );
    await metric.click();
    await untilReady(page, 'explore');
    await page.getByRole('button', { name: 'Metric: http_request_duration_ms' }).waitFor();
    await page.getByRole('button', { name: 'Grouped by: version' }).waitFor();
    await page.getByRole('row', { name: /^1\.12\.3/ }).waitFor();
    await page.goBack();

    await both.click();
    await page.getByRole('heading', { name: '1.12.3 against 1.12.2' }).waitFor();
  });

  it('looks as far back as somebody wants', async () => {
    const page = await openOverview();
    const ranges = page.getByRole('group', { name: 'How far back' });
    const sessions = async () => numberIn(await line(card(page, 'emberline')), /(\d+) sessions/);
    const week = await sessions();
    await ranges.getByRole('button', { name: '24 h' }).click();
    await panel(page, 'Sessions per half hour').waitFor();
    await page.getByText(/^24 hours to \d\d:\d\d$/).waitFor();
    await expect.poll(sessions).toBeLessThan(week);
    await ranges.getByRole('button', { name: '30 d' }).click();
    await panel(page, 'Sessions per 6 hours').waitFor();
    await expect.poll(sessions).toBe(week);
    await expect.poll(() => new URL(page.url()).search).toBe('?range=30d');
    await page.goBack();
    await ranges.getByRole('button', { name: '24 h', pressed: true }).waitFor();
  });
});
