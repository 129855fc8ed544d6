/** The client for browsers, as it is published, in a page made of the few things of a browser that it uses. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleClient } from '../../../scripts/bundle-client.ts';
import type { ConnectOptions, Session } from './browser.ts';
import { type FakeAgent, fakeAgent } from './testing/fake-agent.ts';

let bundle: string;
let server: FakeAgent;

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tacho-browser-'));
  await bundleClient(directory);
  bundle = pathToFileURL(join(directory, 'browser.js')).href;
});

const page = globalThis as unknown as Record<string, unknown>;
const owned = ['addEventListener', 'removeEventListener', 'document', 'PerformanceObserver'];
const before = owned.map((key) => page[key]);

afterEach(async () => {
  for (const [i, key] of owned.entries()) page[key] = before[i];
  await server.close();
});

/** A page with a session that sends to a server. */
async function loadPage(options: Partial<ConnectOptions> = {}) {
  server = await fakeAgent({ isServer: true });
  const events = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  let tellLongTask: (duration: number) => void = () => undefined;
  class Observer {
    static supportedEntryTypes = ['longtask'];
    constructor(tell: (list: { getEntries(): { duration: number }[] }) => void) {
      tellLongTask = (duration) => tell({ getEntries: () => [{ duration }] });
    }
    observe() {}
    disconnect() {}
  }
  page.addEventListener = events.addEventListener.bind(events);
  page.removeEventListener = events.removeEventListener.bind(events);
  page.document = document;
  page.PerformanceObserver = Observer;
  const { connect } = (await import(`${bundle}?${Math.random()}`)) as {
    connect: (options: ConnectOptions) => Session;
  };
  const session = connect({ product: 'web', version: '1', server: server.url, ...options });
  const fire = (type: string, fields: object = {}, target: EventTarget = events) => {
    target.dispatchEvent(Object.assign(new Event(type), fields));
  };
  return { session, fire, document, tellLongTask: (ms: number) => tellLongTask(ms) };
}

describe('a page', () => {
  it('sends what it said to the server, with its token and as JSON', async () => {
    const { session } = await loadPage({ token: 'ingest-token' });
    session.logEvent('clicked', { data: { button: 'buy' } });
    session.counter('clicks');
    expect(await session.end()).toBe(true);
    expect(server.entries().map(({ kind }) => kind)).toEqual(['start', 'event', 'metric', 'end']);
    expect(server.headers[0]).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer ingest-token',
    });
  });

  it('records errors and rejections that nobody caught, and long tasks', async () => {
    const { session, fire, tellLongTask } = await loadPage();
    fire('error', { error: new TypeError('no such thing'), message: 'Uncaught TypeError' });
    fire('error');
    fire('unhandledrejection', { reason: 'because' });
    tellLongTask(120);
    await session.end();
    expect(server.entries('event')).toMatchObject([
      { name: 'uncaught_exception', level: 'error', exception_type: 'TypeError' },
      { name: 'unhandled_rejection', exception_type: 'string', exception_msg: 'because' },
    ]);
    expect(server.values('long_task_ms')).toEqual([120]);
  });

  it('sends the rest and its end while it goes away', async () => {
    const { session, fire } = await loadPage();
    session.logEvent('last_words');
    fire('pagehide', { persisted: false });
    await server.until(() => server.entries('end').length > 0, 'the end');
    expect(server.entries('event')).toMatchObject([{ name: 'last_words' }]);
    expect(server.entries('end')).toMatchObject([{ cause: { kind: 'exited' } }]);
    session.logEvent('too late');
    expect(session.stats().dropped).toEqual({ ended: 1 });
  });

  it('sends what it has when it is hidden, and goes on when it comes back', async () => {
    const { session, fire, document } = await loadPage({ flushIntervalMs: 3_600_000 });
    await session.flush();
    session.logEvent('before');
    document.visibilityState = 'hidden';
    fire('visibilitychange', {}, document);
    await server.until(() => server.entries('event').length === 1, 'the event');
    fire('pagehide', { persisted: true });
    session.logEvent('after');
    await session.end();
    expect(server.entries('event').map(({ name }) => name)).toEqual(['before', 'after']);
  });
});
