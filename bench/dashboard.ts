/** Bench: how long people wait for the dashboard, on a store as large as the targets speak of. */
import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../test/browser/chromium.ts';
import { contextOptions } from '../test/browser/screens.ts';
import type { Server } from '../test/whole/server.ts';
import { WireConnection } from '../test/whole/wire.ts';
import { amountsOf, type Filled, fill } from './dashboard/fill.ts';
import { heapBytes, installProbe, longestFrameMs, readyMs, stepMs } from './dashboard/probe.ts';
import { median, percentile, sleep } from './measure.ts';
import { ingestRequest } from './query/fill.ts';
import type { Row } from './report.ts';
import { type BenchContext, untilIdle, untilSealed, withServer } from './target.ts';

const bench = 'dashboard';
const entriesPerSecond = 2_000;
const windowMs = 700;

/** Times as a person sees them, in a real browser. */
export async function dashboard(context: BenchContext): Promise<Row[]> {
  return withServer(bench, context, async (server) => {
    const from = performance.now();
    const filled = await fill(server, amountsOf(context.quick));
    context.say(`dashboard: filled in ${((performance.now() - from) / 1_000).toFixed(0)} s`);
    if (!context.quick) {
      await untilSealed(server);
      await untilIdle(server);
    }
    const browser = await launchChromium();
    const place: Place = { server, browser, filled, context };
    try {
      const rows: Row[] = [];
      for (const measure of [openingRows, stepRows, scrollRow, floodRows, tailRow]) {
        rows.push(...(await measure(place)));
      }
      return rows;
    } finally {
      await browser.close();
    }
  });
}

/** Where something is measured. */
interface Place {
  server: Server;
  browser: Browser;
  filled: Filled;
  context: BenchContext;
}

/** From the click on a link to the data, with nothing in the cache of the browser. */
async function openingRows(place: Place): Promise<Row[]> {
  const openings = [
    { name: 'overview with all its data', path: '/', ready: 'overview', atMost: 1_000 },
    { name: 'first rows of sessions', path: '/sessions', ready: 'sessions', atMost: 500 },
    {
      ...{ name: 'first chart of a session', path: `/sessions/${place.filled.fullId}` },
      ...{ ready: 'session', atMost: 700 },
    },
  ];
  const rows: Row[] = [];
  for (const { name, path, ready, atMost } of openings) {
    const times: number[] = [];
    for (let round = 0; round < (place.context.quick ? 1 : 7); round++) {
      times.push(await withPage(place, path, (open) => open(ready)));
    }
    const note = `from navigation, cold cache; worst of ${times.length} ${Math.max(...times).toFixed(0)} ms`;
    rows.push({ bench, name, value: median(times), unit: 'ms', atMost, note });
  }
  return rows;
}

/** Zooms by the keyboard and pans by dragging; from the hand to the frame. */
async function stepRows(place: Place): Promise<Row[]> {
  const rounds = place.context.quick ? 1 : 8;
  return withPage(place, `/sessions/${place.filled.fullId}`, async (open, page) => {
    await open('session');
    const zooms: number[] = [];
    const pans: number[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const key of ['+', '+', '+', '-', '+', '-']) {
        zooms.push(await stepMs(page, () => page.keyboard.press(key)));
      }
      for (const px of [120, -80, 60]) pans.push(await pan(page, px));
    }
    return [...stepRow('zoom', zooms), ...stepRow('pan', pans)];
  });
}

/** Drags the first chart sideways, Shift held. */
async function pan(page: Page, px: number): Promise<number> {
  const chart = await page.locator('canvas').first().boundingBox();
  if (chart === null) throw new Error('there is no chart');
  const x = chart.x + chart.width / 2;
  const y = chart.y + chart.height / 2;
  await page.mouse.move(x, y);
  await page.keyboard.down('Shift');
  await page.mouse.down();
  await sleep(300);
  const took = await stepMs(page, async () => {
    await page.mouse.move(x + px, y);
    await page.mouse.up();
  });
  await page.keyboard.up('Shift');
  return took;
}

function stepRow(kind: string, times: number[]): Row[] {
  const p95 = percentile(times, 0.95);
  return [
    { bench, name: `${kind} step, p50`, value: median(times), unit: 'ms', atMost: 50 },
    {
      ...{ bench, name: `${kind} step, p95`, value: p95, unit: 'ms' },
      note: `of ${times.length}, from the hand to the frame with the server's answer`,
    },
  ];
}

/** From the first row to the last, a screenful and more per frame. */
async function scrollRow(place: Place): Promise<Row[]> {
  return withPage(place, '/sessions', async (open, page) => {
    await open('sessions');
    const value = await longestFrameMs(page, () => page.evaluate(scrollThrough(300)));
    const name = 'longest frame while all sessions are scrolled through';
    return [{ bench, name, value, unit: 'ms', atMost: 50 }];
  });
}

/** Moves what can be scrolled furthest to its end in so many frames. */
function scrollThrough(frames: number): string {
  return `new Promise((resolve) => {
    const all = [document.scrollingElement, ...document.querySelectorAll('*')];
    const longest = all.reduce((a, b) =>
      b.scrollHeight - b.clientHeight > a.scrollHeight - a.clientHeight ? b : a);
    let left = ${frames};
    const step = () => {
      longest.scrollTop += (longest.scrollHeight - longest.clientHeight) / ${frames};
      if (--left > 0) requestAnimationFrame(step);
      else resolve();
    };
    requestAnimationFrame(step);
  })`;
}

/** A live session that says far more than anybody can read: the page still draws and answers. */
async function floodRows(place: Place): Promise<Row[]> {
  const seconds = place.context.quick ? 1 : 15;
  return withPage(place, `/sessions/${place.filled.liveId}`, async (open, page) => {
    await open('session');
    const answers: number[] = [];
    const longest = await longestFrameMs(page, async () => {
      const flood = talk(place, entriesPerSecond, seconds * 1_000);
      for (let i = 0; i < seconds * 2; i++) {
        await sleep(400);
        answers.push(await helpMs(page));
      }
      await flood;
    });
    const rate = `${entriesPerSecond} live entries a second`;
    return [
      { bench, name: `longest frame at ${rate}`, value: longest, unit: 'ms', atMost: 250 },
      {
        ...{ bench, name: `a key is answered at ${rate}, p95`, value: percentile(answers, 0.95) },
        ...{ unit: 'ms', atMost: 200 },
      },
    ];
  });
}

/** From the key to the help on the screen. */
async function helpMs(page: Page): Promise<number> {
  const from = performance.now();
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  const took = performance.now() - from;
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  return took;
}

/** What a page keeps of a long live tail: nothing more at its end than early on. */
async function tailRow(place: Place): Promise<Row[]> {
  const tailMs = place.context.quick ? 1_000 : place.context.tailMs;
  return withPage(place, `/sessions/${place.filled.liveId}`, async (open, page) => {
    await open('session');
    const devtools = await page.context().newCDPSession(page);
    const heaps: number[] = [];
    const parts = 6;
    for (let part = 0; part < parts; part++) {
      await talk(place, 200, tailMs / parts);
      heaps.push(await heapBytes(page, devtools));
    }
    // What is kept on purpose, such as the rows of a screen, is full after the first part.
    const grown = (heaps.at(-1)! - heaps[0]!) / 2 ** 20;
    const whole = heaps.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ');
    return [
      {
        ...{ bench, name: 'heap grown over a live tail', value: Math.max(0, grown), unit: 'MiB' },
        ...{ atMost: 5, note: `${Math.round(tailMs / 1_000)} s, 200 entries a second: ${whole}` },
      },
    ];
  });
}

/** Sends events and samples to the live session, evenly. */
async function talk({ server, filled }: Place, perSecond: number, ms: number): Promise<void> {
  const connection = await WireConnection.open(server.port);
  const spoolId = randomUUID();
  const everyMs = 50;
  const count = Math.max(1, Math.round((perSecond * everyMs) / 1_000));
  const session = filled.liveId;
  const from = performance.now();
  for (let seq = 1; (seq - 1) * everyMs < ms; seq++) {
    const entries = Array.from({ length: count }, (_, i) =>
      i % 2 === 0
        ? { kind: 'event', session, name: 'tick', level: 'info', message: `tick ${seq} ${i}` }
        : { kind: 'metric', session, name: 'queue_depth', value: (seq * 7 + i) % 100 },
    );
    await connection.ask(ingestRequest(spoolId, seq, [...entries, { kind: 'heartbeat', session }]));
    await sleep(Math.max(0, seq * everyMs - (performance.now() - from)));
  }
  connection.close();
}

/** A window of its own for a page of the server; `open` opens it and waits until it is ready. */
async function withPage<T>(
  { server, browser }: Place,
  path: string,
  run: (open: (ready: string) => Promise<number>, page: Page) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext(contextOptions());
  try {
    const page = await context.newPage();
    await installProbe(page);
    // A window has work of its own while it opens.
    await sleep(windowMs);
    return await run((ready) => readyMs(page, server.url + path, ready), page);
  } finally {
    await context.close();
  }
}
