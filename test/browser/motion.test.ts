/** Those who asked their system for less motion: nothing breathes, slides or fades, on any page. */
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from '../whole/http.ts';
import { type Server, startServer } from '../whole/server.ts';
import { allPages } from './pages.ts';
import { recordRuns, runIds } from './runs.ts';
import { setStage, untilReady } from './stage.ts';

const stage = setStage();
const alive = randomUUID();
let server: Server;
let empty: Server;

beforeAll(async () => {
  [server, empty] = await Promise.all([startServer(), startServer()]);
  await recordRuns(server.url, Date.now() - 60_000);
  const body = { id: alive, product: 'shop', version: '2.4.1', state: { page: 'home' } };
  expect((await post(`${server.url}/api/sessions`, body)).status).toBe(201);
});

afterAll(async () => {
  await Promise.all([server?.stop(), empty?.stop()]);
});

/** What moves on a page, or would as soon as it changes: `live-dot: animation breathe`. */
function motions(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const isTimed = (times) => times.split(',').some((time) => parseFloat(time) > 0);
    const found = [...document.querySelectorAll('*')].flatMap((element) =>
      [undefined, '::before', '::after'].flatMap((part) => {
        const style = getComputedStyle(element, part);
        const name = element.getAttribute('class') ?? element.localName;
        const { animationName, transitionProperty } = style;
        return [
          animationName !== 'none' && isTimed(style.animationDuration) && 'animation ' + animationName,
          isTimed(style.transitionDuration) && 'transition ' + transitionProperty,
          style.scrollBehavior === 'smooth' && 'smooth scrolling',
        ].filter(Boolean).map((what) => name + ': ' + what);
      }),
    );
    return [...new Set([...found, ...document.getAnimations().map(() => 'running')])];
  })()`);
}

/** What moves on a page at a desk and on a phone, for those who asked for less of it and for others. */
async function look(page: Page): Promise<{ usual: string[]; reduced: string[] }> {
  const found = { usual: [] as string[], reduced: [] as string[] };
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    found.usual.push(...(await motions(page)));
    await page.emulateMedia({ reducedMotion: 'reduce' });
    found.reduced.push(...(await motions(page)));
  }
  return found;
}

describe('motion', () => {
  it('keeps the eye on what lives, is pulled or is pointed at, and is nowhere for those who asked for less', async () => {
    const page = await stage.open(server.url);
    const seen = new Map<string, string[]>();
    for (const { name, path, ready } of allPages([alive, ...runIds])) {
      await page.goto(server.url + path);
      await untilReady(page, ready);
      const { usual, reduced } = await look(page);
      expect(reduced, name).toEqual([]);
      seen.set(name, usual);
    }
    expect(seen.get('sessions')!.join()).toContain('animation');
    expect(seen.get('session')!.join()).toContain('transition height');
    expect([...seen].filter(([, usual]) => usual.length === 0)).toEqual([]);
  });

  it('says that something waits, but not to those', async () => {
    const page = await stage.open(empty.url);
    await page.getByRole('heading', { name: 'Nothing recorded yet.' }).waitFor();
    const first = await look(page);
    expect(first.usual.join()).toContain('animation');
    expect(first.reduced).toEqual([]);

    // An answer that never comes.
    await page.route('**/api/releases*', () => {});
    await page.goto(`${empty.url}/versions?product=shop`);
    await page.getByRole('status', { name: 'Loading' }).first().waitFor();
    const waiting = await look(page);
    expect(waiting.usual.join()).toContain('animation');
    expect(waiting.reduced).toEqual([]);
  });

  it('is not how the state of a phone comes up for those, nor how a theme turns', async () => {
    const address = `${server.url}/sessions/${alive}`;
    const page = await stage.open(address, { screen: 'phone', reducedMotion: true });
    await untilReady(page, 'session');
    await page.evaluate(`for (const name of ['transitionrun', 'animationstart']) {
      addEventListener(name, () => { globalThis.hasMoved = true; }, true);
    }`);
    const sheet = page.getByRole('complementary', { name: 'State at the cursor' });
    const { height } = (await sheet.boundingBox())!;
    await sheet.getByRole('button', { name: 'The whole state' }).tap();
    await expect.poll(async () => (await sheet.boundingBox())!.height).toBeGreaterThan(height * 3);
    await page.getByRole('button', { name: 'Dark theme' }).tap();
    await page.getByRole('button', { name: 'Light theme' }).waitFor();
    expect(await page.evaluate('globalThis.hasMoved')).toBeUndefined();
  });
});
