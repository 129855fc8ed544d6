/** A stage for stories about the dashboard: a browser per file, a fresh context per page, nothing tolerated. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { launchChromium } from './chromium.ts';
import { contextOptions, type Look } from './screens.ts';
import { watch } from './watch.ts';

/** How a story looks at a page. */
interface StoryLook extends Look {
  /** Complaints that belong to the story. */
  expected?: readonly RegExp[];
}

/** Opens pages; what a story gets of the stage. */
export interface Stage {
  /** Opens an address in a browser context of its own: no history, no storage. */
  open(url: string, look?: StoryLook): Promise<Page>;
}

/** Sets the stage for the tests of a file; each of them fails when one of its pages complained. */
export function setStage(): Stage {
  let browser: Browser | undefined;
  const contexts: BrowserContext[] = [];
  const complaints: string[][] = [];
  beforeAll(async () => {
    browser = await launchChromium(inject('chromium'));
  });
  afterEach(async () => {
    const found = complaints.splice(0).flat();
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(found).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
  });
  return {
    open: async (url, { expected, ...look } = {}) => {
      const context = await browser!.newContext(contextOptions(look));
      contexts.push(context);
      const page = await context.newPage();
      const { origin } = new URL(url);
      complaints.push(watch(page, { origin, ...(expected && { expected }) }));
      await page.goto(url);
      return page;
    },
  };
}

/** Waits until a page has drawn its first data. */
export async function untilReady(page: Page, name: string): Promise<void> {
  await page.locator(`body[data-ready="${name}"]`).waitFor();
}

/** What makes a page wider than its window, widest last; nothing is right. */
export function overflow(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const width = window.innerWidth;
    if (document.scrollingElement.scrollWidth <= width) return [];
    return [...document.body.querySelectorAll('*')]
      .map((element) => [element, element.getBoundingClientRect().right])
      .filter(([, right]) => right > width)
      .sort((a, b) => a[1] - b[1])
      .map(([{ localName, className }, right]) =>
        localName + '.' + (className.baseVal ?? className) + ' ends at ' + Math.round(right))
      .slice(-12);
  })()`);
}

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** What keeps people with weak eyes, a keyboard or a screen reader out, by WCAG 2.1 A and AA. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate<AxeResults>(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] })",
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => {
      const why = failureSummary?.split('\n').at(1)?.trim() ?? '';
      return `${id}: ${help} at ${target.join(' ')} (${why})`;
    }),
  );
}
