/** Stories of the flight recorder: the death of a run, the state then, the link to it, and all of it by keys. */
import type { Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { crashedRun } from './crashed-run.ts';
import { setStage, untilReady } from './stage.ts';

const stage = setStage();
const demo = inject('demoUrl');
let crashed: string;

beforeAll(async () => {
  crashed = (await crashedRun(demo)).id;
});

async function openCrash(): Promise<Page> {
  const page = await stage.open(`${demo}/sessions/${crashed}`);
  await untilReady(page, 'session');
  return page;
}

function statePanel(page: Page): Locator {
  return page.getByRole('complementary', { name: 'State at the cursor' });
}

/** The instant that the cursor stands at, as the panel says it. */
function cursorTime(page: Page): Promise<string> {
  return statePanel(page).getByRole('time').first().innerText();
}

/** What somebody sees on the page, but for how long ago things were. */
async function words(page: Page): Promise<string> {
  // What is read aloud about the cursor depends on what moved it.
  await page.evaluate(
    "for (const spoken of document.querySelectorAll('.vh')) spoken.hidden = true",
  );
  const text = await page.locator('main').innerText();
  return text.replaceAll(/\b\d+ (s|min|h|d) ago\b/g, 'ago');
}

describe('a run that died', () => {
  it('says how in its first line', async () => {
    const page = await openCrash();
    const verdict = await page.getByRole('heading', { level: 1 }).innerText();
    expect(verdict).toMatch(/^Crashed\b/);
    expect(verdict).toContain('hung');
  });

  it('is followed to its death by g d, where its state is read, and a link shows somebody else the same words', async () => {
    const page = await openCrash();
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    const atDeath = statePanel(page).getByRole('button', { name: /At death/ });
    await expect.poll(() => atDeath.getAttribute('aria-pressed')).toBe('false');
    const start = await cursorTime(page);
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await expect.poll(() => atDeath.getAttribute('aria-pressed')).toBe('true');
    expect(await cursorTime(page)).not.toBe(start);
    await expect.poll(() => statePanel(page).innerText()).toContain('cook_meshes');

    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: /Copy (a |the )?link/ }).click();
    await page.getByText('Copied').first().waitFor();
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(link).toBe(page.url());
    const other = await stage.open(link);
    await untilReady(other, 'session');
    await page.getByText('Copied').first().waitFor({ state: 'detached' });
    await expect.poll(() => words(other), { timeout: 20_000 }).toBe(await words(page));
  });

  it('is walked through by keys: revisions, instants, zoom', async () => {
    const page = await openCrash();
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    const slider = statePanel(page).getByRole('slider', { name: 'Revision' });
    const revision = async () => Number(await slider.inputValue());
    const last = await revision();
    expect(last).toBeGreaterThan(2);
    const death = await cursorTime(page);
    // First to the moment in which the state became what it is, then to the one before.
    await page.keyboard.press('[');
    await expect.poll(() => cursorTime(page)).not.toBe(death);
    expect(await revision()).toBe(last);
    await page.keyboard.press('[');
    await expect.poll(revision).toBe(last - 1);
    await page.keyboard.press(']');
    await expect.poll(revision).toBe(last);

    const before = await cursorTime(page);
    await page.keyboard.press('Shift+ArrowLeft');
    await expect.poll(() => cursorTime(page)).not.toBe(before);

    const whole = page.url();
    await page.keyboard.press('+');
    await expect.poll(() => page.url()).not.toBe(whole);
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'All keys' });
    await help.waitFor();
    for (const group of ['Recorder', 'State', 'Events']) {
      expect(await help.getByRole('heading', { name: group }).count(), group).toBe(1);
    }
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
  });

  it('has its events searched, opened in place and led back to the moment', async () => {
    const page = await openCrash();
    const events = page.getByRole('table', { name: /Events/ });
    await events.getByRole('row').nth(1).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('hung');
    const found = events.getByRole('button', { name: /hung/ }).first();
    await found.waitFor();
    await expect.poll(() => page.url()).toContain('hung');
    await found.click();
    expect(await found.getAttribute('aria-expanded')).toBe('true');
    const before = page.url();
    await page.getByRole('button', { name: /State here/ }).click();
    await expect.poll(() => page.url()).not.toBe(before);
  });

  it('is told to be missing when it is', async () => {
    const nobody = `${demo}/sessions/00000000-0000-4000-8000-000000000000`;
    const page = await stage.open(nobody, { expected: [/404/] });
    await page.getByText('There is no such session').waitFor();
  });
});
