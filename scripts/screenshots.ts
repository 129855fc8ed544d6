/** `npm run screenshots`: writes the pictures of the documentation to docs/images, from the week of the demo. */
import { mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../test/browser/chromium.ts';
import { contextOptions, type Look } from '../test/browser/screens.ts';
import { runTacho } from '../test/whole/cli.ts';
import { closeConnections, get } from '../test/whole/http.ts';
import { startServer, temporaryDirectory } from '../test/whole/server.ts';

const out = fileURLToPath(new URL('../docs/images/', import.meta.url));

/** The same sessions each time; the week ends now, because pages say how long ago things were. */
const seed = '1';

/** A picture above this is too heavy for a README. */
const bytesMax = 250_000;

/** How long a page gets after its first data. */
const settleMs = 2_500;

/** One page to be pictured. */
interface Shot {
  name: string;
  path: string;
  /** What `data-ready` says once its data is drawn. */
  ready: string;
  isOnPhone?: boolean;
}

mkdirSync(out, { recursive: true });
const dataDir = temporaryDirectory('tacho-pictures-');
const filled = await runTacho(['demo', '--data', dataDir, '--seed', seed], { timeoutMs: 600_000 });
if (filled.code !== 0) throw new Error(filled.stderr);
const server = await startServer({ dataDir });
const browser = await launchChromium();
try {
  for (const shot of await shots(server.url)) {
    for (const theme of ['dark', 'light'] as const) {
      await take(browser, shot, { theme });
      if (shot.isOnPhone) await take(browser, shot, { theme, screen: 'phone' });
    }
  }
} finally {
  await browser.close();
  await server.stop();
  closeConnections();
}

/** The pages, at the sessions that have most to tell. */
async function shots(url: string): Promise<Shot[]> {
  const ids = async (query: string): Promise<string[]> => {
    const { json } = await get(`${url}/api/sessions?${query}`);
    return (json as { sessions: { id: string }[] }).sessions.map(({ id }) => id);
  };
  const [crash] = await ids('product=emberline&version=2.4.0&machine=qa-tower-07&outcome=crashed');
  const [other] = await ids('product=emberline&version=2.3.9&sort=duration&limit=1');
  return [
    { name: 'overview', path: '/?product=emberline', ready: 'overview', isOnPhone: true },
    { name: 'sessions', path: '/sessions?product=emberline', ready: 'sessions' },
    { name: 'session', path: `/sessions/${crash}`, ready: 'session', isOnPhone: true },
    { name: 'compare', path: `/compare?id=${crash}&id=${other}`, ready: 'compare' },
    { name: 'explore', path: '/explore', ready: 'explore' },
    { name: 'versions', path: '/versions?product=emberline', ready: 'versions' },
  ];
}

async function take(browser: Browser, { name, path, ready }: Shot, look: Look): Promise<void> {
  const context = await browser.newContext({ ...contextOptions(look), reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(server.url + path);
  await page.locator(`body[data-ready="${ready}"]`).waitFor();
  // What is asked for once the first data is there comes and is drawn as well.
  await page.waitForTimeout(settleMs);
  const phone = look.screen === 'phone' ? 'phone-' : '';
  const file = `${out}${name}-${phone}${look.theme}.png`;
  await page.screenshot({ path: file });
  await context.close();
  const { size } = statSync(file);
  if (size > bytesMax) throw new Error(`${file} has ${size} bytes; ${bytesMax} are the limit`);
  process.stdout.write(`${file} ${Math.round(size / 1_000)} kB\n`);
}
