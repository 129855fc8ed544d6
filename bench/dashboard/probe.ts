/** What runs inside a page that is measured: frames, drawing, long tasks and input, seen from within. */
import type { CDPSession, Page } from 'playwright-core';
import { sleep } from '../measure.ts';

/**
 * Notes when canvases are drawn, when answers have come, and every frame. Installed before the
 * page's own code; plain JavaScript because it runs there.
 */
const script = `
  const probe = { drawnAt: 0, inputAt: 0, frames: [], answers: [] };
  globalThis.tachoProbe = probe;
  const context = CanvasRenderingContext2D.prototype;
  for (const name of ['stroke', 'fill', 'fillRect', 'drawImage']) {
    const own = context[name];
    context[name] = function (...args) {
      probe.drawnAt = performance.now();
      return own.apply(this, args);
    };
  }
  const frame = (at) => {
    probe.frames.push(at);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const input = () => { probe.inputAt ||= performance.now(); };
  for (const name of ['keydown', 'wheel', 'pointermove']) {
    addEventListener(name, input, { capture: true, passive: true });
  }
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) probe.answers.push([entry.startTime, entry.responseEnd]);
  }).observe({ type: 'resource' });
  new MutationObserver(() => {
    const { ready } = document.body?.dataset ?? {};
    const [mark] = performance.getEntriesByName('tacho:ready');
    if (ready) console.debug('tacho:ready ' + ready + ' ' + mark.startTime);
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-ready'] });
`;

/** Makes a page measurable; before its first address. */
export async function installProbe(page: Page): Promise<void> {
  await page.addInitScript(script);
}

/**
 * Opens a page; milliseconds from the start of the navigation to the mark that the page sets when it
 * is ready. Nobody asks the page meanwhile: its own message tells, since every look would cost time.
 */
export async function readyMs(page: Page, url: string, name: string): Promise<number> {
  const start = `tacho:ready ${name} `;
  const [message] = await Promise.all([
    page.waitForEvent('console', {
      predicate: (each) => each.text().startsWith(start),
      timeout: 120_000,
    }),
    page.goto(url, { waitUntil: 'commit' }),
  ]);
  return Number(message.text().slice(start.length));
}

/**
 * Does something with the keyboard or the pointer; milliseconds from the page's seeing it to the
 * frame that shows all that came of it, the server's answers included.
 */
export async function stepMs(page: Page, act: () => Promise<void>): Promise<number> {
  await page.evaluate('tachoProbe.inputAt = tachoProbe.answers.length = 0');
  await act();
  await untilTrue(page, 'tachoProbe.inputAt > 0');
  // Nothing has been drawn or answered for a while: what was to come of it has come.
  await untilTrue(
    page,
    `performance.now() - Math.max(tachoProbe.drawnAt, tachoProbe.inputAt,
      ...tachoProbe.answers.map((answer) => answer[1])) > 250`,
  );
  return page.evaluate<number>(`(() => {
    const { frames, drawnAt, inputAt } = tachoProbe;
    const shownAt = frames.find((at) => at >= Math.max(drawnAt, inputAt)) ?? performance.now();
    return shownAt - inputAt;
  })()`);
}

/** Asks again and again: a page with our policy does not let a text be watched from within. */
async function untilTrue(page: Page, expression: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await page.evaluate<boolean>(expression))) {
    if (performance.now() > deadline) throw new Error(`never true: ${expression}`);
    await sleep(40);
  }
}

/** The longest frame, in milliseconds, while something goes on. */
export async function longestFrameMs(page: Page, during: () => Promise<void>): Promise<number> {
  await page.evaluate('tachoProbe.frames.length = 0');
  await during();
  return page.evaluate<number>(
    'tachoProbe.frames.slice(1).reduce((most, at, i) => Math.max(most, at - tachoProbe.frames[i]), 0)',
  );
}

/** Bytes of JavaScript that are left after everything that nobody holds was thrown away. */
export async function heapBytes(page: Page, devtools: CDPSession): Promise<number> {
  // The probe's own notes must not count.
  await page.evaluate('tachoProbe.frames.length = tachoProbe.answers.length = 0');
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  return usedSize;
}
