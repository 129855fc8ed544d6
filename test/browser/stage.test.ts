/** The stage itself: it notices what it is there to notice. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barriers, overflow, setStage } from './stage.ts';
import { watch } from './watch.ts';

const stage = setStage();
const policy = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src *";
let server: Server;
let origin: string;
let body = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    response.setHeader('content-security-policy', policy);
    response.setHeader('content-type', 'text/html');
    if (request.url !== '/') response.statusCode = 404;
    response.end(`<!doctype html><html lang="en"><title>A page</title><main>${body}</main></html>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

/** Runs a script in a page that may do anything, and waits until the watch says this. */
async function untilSaid(text: string, script: string): Promise<void> {
  body = '';
  const page = await stage.open(origin, { expected: [/./] });
  const complaints = watch(page, { origin });
  await page.evaluate(script);
  await expect.poll(() => complaints.join('\n')).toContain(text);
}

describe('the stage', () => {
  it('is content with a good page, under a strict policy', async () => {
    body = '<h1>Fine</h1>';
    const page = await stage.open(origin);
    expect(await page.getByRole('heading', { name: 'Fine' }).innerText()).toBe('Fine');
    expect(await barriers(page)).toEqual([]);
    expect(await overflow(page)).toEqual([]);
  });

  it.each([
    [
      'a breach of the policy',
      'Content Security Policy',
      'document.body.innerHTML = "<img src=/x>"',
    ],
    [
      'an uncaught exception',
      'exception: Error: lost',
      'setTimeout(() => { throw new Error("lost") })',
    ],
    ['an error on the console', 'console: odd', 'console.error("odd")'],
    ['a dialog', 'dialog: hello', 'setTimeout(() => alert("hello"))'],
    ['a missing file', '404', 'fetch("/nothing")'],
    [
      'a request to somebody else',
      'foreign request: http://localhost:9/',
      'void fetch("http://localhost:9/").catch(() => {})',
    ],
  ])('notices %s', async (_what, said, script) => {
    await untilSaid(said, script);
  });

  it('notices a server that is gone', async () => {
    const elsewhere = 'location.origin.replace(/\\d+$/, "1")';
    await untilSaid('failed: ', `void fetch(${elsewhere}).catch(() => {})`);
  });

  it('notices pictures without a text, weak contrast and what sticks out', async () => {
    body =
      '<p style="color:#bbb;background:#fff">pale</p><button></button><div style="width:2000px">wide</div>';
    const page = await stage.open(origin);
    const found = (await barriers(page)).join('\n');
    expect(found).toContain('color-contrast');
    expect(found).toContain('button-name');
    expect(await overflow(page)).toEqual(['div. ends at 2008']);
  });
});
