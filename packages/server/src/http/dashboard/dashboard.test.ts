/** The dashboard over HTTP: its pages and files, how they are cached and compressed, and prefixes of proxies. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type Route, routes } from '@tacho/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { settings } from '../../config/settings.ts';
import type { HttpConfig } from '../service.ts';
import { Harness } from '../testing/harness.ts';
import { dashboardPaths } from './pages.ts';

const script = `export const long = '${'tacho '.repeat(500)}';\n`;
const page = '<!doctype html>\n<html>\n  <head>\n    <title>x</title>\n  </head>\n</html>\n';
const pages = ['/', '/sessions', '/explore', '/compare', '/versions', '/settings'];

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tacho-dashboard-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function fill(folder: string): string {
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'assets/main-1a.js'), script);
  writeFileSync(join(folder, 'assets/small-2b.css'), 'a{}');
  writeFileSync(join(folder, 'assets/face-3c.woff2'), Buffer.alloc(4_000));
  writeFileSync(join(folder, 'icon.svg'), '<svg/>');
  writeFileSync(join(folder, 'index.html'), page);
  return folder;
}

function start(more: Partial<HttpConfig> = {}): Promise<Harness> {
  return Harness.start({ dashboardDir: fill(emptyFolder()), ...more });
}

describe('a page', () => {
  it.each(pages)('at %s is the document, which finds its root where it is', async (path) => {
    const server = await start();
    const { status, headers, text } = await server.ask(`${path}?q=1`);
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text).toContain('<head>\n    <base href="./" />\n    <title>');
  });

  it('of a session is one level deeper', async () => {
    const server = await start();
    const { status, text } = await server.ask('/sessions/550e8400');
    expect([status, text.includes('<base href="../" />')]).toEqual([200, true]);
  });

  it('may load and ask its own server, and nothing else', async () => {
    const server = await start();
    const { headers } = await server.ask('/');
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });

  it('is asked about each time, and sent only when it changed', async () => {
    const server = await start();
    const first = await server.ask('/');
    const tag = String(first.headers.etag);
    expect(first.headers['cache-control']).toBe('no-cache');
    for (const known of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const again = await server.ask('/', { headers: { 'if-none-match': known } });
      expect([again.status, again.text, again.headers.etag]).toEqual([304, '', tag]);
    }
    const other = await server.ask('/sessions/550e8400', { headers: { 'if-none-match': tag } });
    expect(other.status).toBe(200);
  });

  it.each([
    ['/sessions/', '../sessions'],
    ['/sessions/550e8400/?a=/', '../../sessions/550e8400?a=/'],
    ['//sessions?x', '../sessions?x'],
    ['//', '../'],
  ])('at %s is sent to its one address', async (path, location) => {
    const server = await start();
    const { status, headers } = await server.ask(path);
    expect([status, headers.location]).toEqual([308, location]);
    const base = new URL(`http://h/prefix${path}`);
    const plain = path.replace(/\/+/g, '/').replace(/(?<=.)\/(?=\?|$)/, '');
    expect(new URL(location, base).href).toBe(`http://h/prefix${plain}`);
  });

  it('answers HEAD with the head of GET', async () => {
    const server = await start();
    const headers = { 'accept-encoding': 'br' };
    for (const path of ['/', '/assets/main-1a.js']) {
      const [got, head] = await Promise.all(
        ['GET', 'HEAD'].map((method) => server.ask(path, { method, headers })),
      );
      expect([head?.status, head?.text]).toEqual([200, '']);
      for (const name of ['content-length', 'etag', 'content-encoding', 'content-type']) {
        expect(head?.headers[name], name).toBe(got?.headers[name]);
      }
    }
  });

  it('takes no other method, and says so', async () => {
    const server = await start();
    for (const path of ['/', '/sessions/550e8400', '/assets/main-1a.js', '/icon.svg']) {
      const { status, headers } = await server.post(path, {});
      expect([path, status, headers.allow]).toEqual([path, 405, 'GET, HEAD']);
    }
  });

  it('needs no token, while the data behind it does', async () => {
    const server = await start({ apiKey: 'secret' });
    for (const path of ['/', '/sessions/550e8400', '/icon.svg', '/assets/main-1a.js']) {
      expect([path, (await server.ask(path)).status]).toEqual([path, 200]);
    }
    expect((await server.ask('/api/sessions')).status).toBe(401);
  });
});

describe('an asset', () => {
  it('may be kept for ever, since its name changes with it; the icon may not', async () => {
    const server = await start();
    const { status, headers, text } = await server.ask('/assets/main-1a.js');
    expect([status, text]).toEqual([200, script]);
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    });
    const icon = await server.ask('/icon.svg');
    expect(icon.headers).toMatchObject({
      'content-type': 'image/svg+xml; charset=utf-8',
      'cache-control': 'public, max-age=86400',
    });
  });

  it('loads for a page of its own behind a proxy with TLS, whose origin nobody here knows', async () => {
    const server = await start({ allowedHosts: ['tacho.example'] });
    const status = async (path: string, site: string) => {
      const origin = 'https://tacho.example';
      const headers = { host: 'tacho.example', origin, 'sec-fetch-site': site };
      return (await server.ask(path, { headers })).status;
    };
    expect(await status('/assets/main-1a.js', 'same-origin')).toBe(200);
    expect(await status('/assets/main-1a.js', 'same-site')).toBe(403);
    expect(await status('/api/sessions', 'same-origin')).toBe(403);
  });

  it('is compressed as the client likes best, with a tag for each form', async () => {
    const server = await start();
    const ask = (accepted: string, path = '/assets/main-1a.js') =>
      server.ask(path, { headers: { 'accept-encoding': accepted } });
    const [br, gzip, plain] = await Promise.all([ask('gzip, br'), ask('gzip'), ask('identity')]);
    expect(brotliDecompressSync(br.bytes).toString()).toBe(script);
    expect(gunzipSync(gzip.bytes).toString()).toBe(script);
    expect([br, gzip, plain].map(({ headers }) => headers['content-encoding'])).toEqual([
      'br',
      'gzip',
      undefined,
    ]);
    expect(Number(br.headers['content-length'])).toBe(br.bytes.length);
    expect(new Set([br, gzip, plain].map(({ headers }) => headers.etag)).size).toBe(3);
    // Too small to gain by it, and compressed already.
    for (const path of ['/assets/small-2b.css', '/assets/face-3c.woff2']) {
      expect((await ask('br, gzip', path)).headers['content-encoding']).toBeUndefined();
    }
  });

  it.each([
    '/assets/main-1a.css',
    '/assets/',
    '/assets/../index.html',
    '/assets/..%2findex.html',
    '/assets/%2e%2e/%2e%2e/etc/passwd',
    '/assets/..%5c..%5cetc',
    '/assets//etc/passwd',
    '/index.html',
    '/__proto__',
    '/assets/__proto__',
  ])('that is none, as %s, is 404', async (path) => {
    const server = await start();
    const { status, json } = await server.ask(path);
    expect([status, json.code]).toEqual([404, 'not_found']);
  });
});

describe('a dashboard that was never built', () => {
  it('is 404 with the remedy, and is there as soon as it is built', async () => {
    const folder = emptyFolder();
    const server = await Harness.start({ dashboardDir: join(folder, 'later') });
    for (const path of ['/', '/sessions', '/assets/main-1a.js', '/icon.svg']) {
      const { status, json } = await server.ask(path);
      expect([status, json.code]).toEqual([404, 'not_found']);
      expect(json.details).toMatch(/not built; run `npm run build`/);
    }
    fill(join(folder, 'later'));
    expect((await server.ask('/')).status).toBe(200);
  });
});

describe('a path prefix', () => {
  it('that the proxy leaves on is taken away, and paths without it still work', async () => {
    const server = await start({ basePath: '/tacho' });
    const id = await server.create();
    for (const prefix of ['', '/tacho']) {
      const paths = ['/', '/sessions/x', '/assets/main-1a.js', '/health', `/api/sessions/${id}`];
      for (const path of paths) {
        expect([path, (await server.ask(`${prefix}${path}`)).status]).toEqual([path, 200]);
      }
      const written = await server.post(`${prefix}/api/sessions/${id}/metrics`, {
        name: 'm',
        value: 1,
      });
      expect(written.status).toBe(200);
    }
    expect((await server.ask('/tachometer/health')).status).toBe(404);
  });

  it('alone is sent to the page below it', async () => {
    const server = await start({ basePath: '/tacho' });
    const { status, headers } = await server.ask('/tacho?a=1');
    expect([status, headers.location]).toEqual([308, '/tacho/?a=1']);
  });

  it('is one that no path of the server begins with', () => {
    const own = [...Object.values<Route>(routes).map(({ path }) => path), ...dashboardPaths];
    const firsts = new Set(own.map((path) => path.split('/')[1] as string));
    firsts.delete('');
    firsts.delete('icon.svg');
    const { read } = settings.basePath;
    expect([...firsts].filter((first) => read(`/${first}`) !== undefined)).toEqual([]);
    expect([...firsts].filter((first) => read(`/${first}/x`) !== undefined)).toEqual([]);
    for (const good of ['', '/tacho', '/a/b-c.d', '/apis']) expect(read(good)).toBe(good);
    for (const bad of ['tacho', '/tacho/', '/', '//x', '/a b', '/..', '/a/../b', '/a?b']) {
      expect(read(bad), bad).toBeUndefined();
    }
  });
});
