/** The state of a session on a phone: a sheet that tells what changed, and is pulled up for all of it. */
import type { Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { crashedRun } from './crashed-run.ts';
import { barriers, overflow, setStage, untilReady } from './stage.ts';

const stage = setStage();
const demo = inject('demoUrl');
let crashed: string;

beforeAll(async () => {
  crashed = (await crashedRun(demo)).id;
});

/** What changed last before that run died, whatever its keys are called in full. */
const lastChanges = [/^~ .*failed 0 → 1$/, /^~ .*retry 2 → 3$/].map((text) =>
  expect.stringMatching(text),
);

async function openCrash(): Promise<Page> {
  const page = await stage.open(`${demo}/sessions/${crashed}`, { screen: 'phone' });
  await untilReady(page, 'session');
  await keys(page).first().waitFor();
  return page;
}

function sheet(page: Page): Locator {
  return page.getByRole('complementary', { name: 'State at the cursor' });
}

/** The keys that the sheet tells. */
function keys(page: Page): Locator {
  return sheet(page).getByRole('treeitem');
}

/** What the sheet tells of them, a line each. */
async function lines(page: Page): Promise<string[]> {
  return (await keys(page).allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '));
}

/** How much of the window the sheet takes up. */
async function share(page: Page): Promise<number> {
  return (await sheet(page).boundingBox())!.height / page.viewportSize()!.height;
}

/** Puts a finger on something and moves it up (or down, for less than nothing) before it is lifted. */
async function pull(page: Page, on: Locator, upPx: number): Promise<void> {
  const box = (await on.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const hand = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', moved?: number) =>
    hand.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: moved === undefined ? [] : [{ x, y: y - moved }],
    });
  await touch('touchStart', 0);
  for (const part of [0.25, 0.5, 0.75, 1]) await touch('touchMove', upPx * part);
  await touch('touchEnd');
  await hand.detach();
}

describe('the state of a session on a phone', () => {
  it('tells of itself only what changed at the cursor, wherever that is', async () => {
    const page = await openCrash();
    expect(await lines(page)).toEqual(lastChanges);
    expect(await share(page)).toBeLessThan(0.2);
    for (const more of [
      sheet(page).getByRole('slider', { name: 'Revision' }),
      sheet(page).getByRole('searchbox', { name: 'Filter the state' }),
      sheet(page).getByRole('button', { name: /^since/ }),
    ]) {
      expect(await more.isVisible()).toBe(false);
    }
    // The pages stay under the thumb.
    const tabs = page.getByRole('navigation', { name: 'Pages of the phone' });
    const { y, height } = (await sheet(page).boundingBox())!;
    expect(y + height).toBeLessThanOrEqual((await tabs.boundingBox())!.y);

    const time = sheet(page).getByRole('time');
    const death = await time.innerText();
    const chart = page.getByRole('img', { name: 'gpu_busy over time' });
    await chart.tap({ position: { x: 90, y: 30 } });
    await expect.poll(() => time.innerText()).not.toBe(death);
    await expect.poll(() => lines(page)).not.toEqual(lastChanges);
    await sheet(page).getByRole('button', { name: 'At death' }).tap();
    await expect.poll(() => lines(page)).toEqual(lastChanges);
  });

  it('is opened and closed by its button, and is whole in between', async () => {
    const page = await openCrash();
    await sheet(page).getByRole('button', { name: 'The whole state', expanded: false }).tap();
    await expect.poll(() => share(page)).toBeGreaterThan(0.6);
    const all = (await lines(page)).join('\n');
    for (const line of ['channels 2', '~ failed 0 → 1', 'phase "cook_meshes"']) {
      expect(all).toContain(line);
    }
    expect(await overflow(page)).toEqual([]);
    expect(await barriers(page)).toEqual([]);

    await sheet(page).getByRole('searchbox', { name: 'Filter the state' }).fill('cook');
    await expect.poll(() => lines(page)).toEqual(['loader', 'phase "cook_meshes"']);
    await sheet(page).getByRole('searchbox').fill('');

    await keys(page).filter({ hasText: 'phase' }).locator('.k').tap();
    await page.getByRole('button', { name: 'Pin as a lane' }).tap();

    const revision = sheet(page).getByText(/^rev /);
    const last = await revision.innerText();
    await sheet(page).getByRole('button', { name: 'Previous revision' }).tap();
    await sheet(page).getByRole('button', { name: 'Previous revision' }).tap();
    await expect.poll(() => revision.innerText()).not.toBe(last);
    await sheet(page).getByRole('button', { name: 'since previous' }).tap();
    await page.getByRole('button', { name: 'since the start' }).tap();
    await sheet(page).getByRole('button', { name: 'since the start' }).waitFor();

    await sheet(page).getByRole('button', { name: 'Only what changed', expanded: true }).tap();
    await expect.poll(() => share(page)).toBeLessThan(0.2);
    await page.getByRole('button', { name: 'Remove the lane of loader.phase' }).waitFor();
  });

  it('follows a finger that pulls it far enough, and not one that reads', async () => {
    const page = await openCrash();
    const grip = sheet(page).getByRole('heading', { name: 'State' });
    const closed = await share(page);
    await pull(page, grip, 20);
    expect(await share(page)).toBe(closed);
    await pull(page, grip, 200);
    await expect.poll(() => share(page)).toBeGreaterThan(0.6);
    await sheet(page).getByRole('button', { name: 'Only what changed' }).waitFor();

    // Down the tree, which scrolls under the finger.
    const tree = sheet(page).getByRole('tree');
    const first = keys(page).first();
    const top = (await first.boundingBox())!.y;
    await pull(page, tree, 150);
    await expect.poll(async () => (await first.boundingBox())?.y ?? -1).toBeLessThan(top - 50);
    await pull(page, tree, -120);
    expect(await share(page)).toBeGreaterThan(0.6);

    await pull(page, grip, -20);
    expect(await share(page)).toBeGreaterThan(0.6);
    await pull(page, grip, -200);
    await expect.poll(() => share(page)).toBe(closed);
    expect(await lines(page)).toEqual(lastChanges);
  });
});
