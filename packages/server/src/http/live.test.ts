/** Live streams: what becomes durable arrives, in order, once; what is missed is told. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { limits } from '@tacho/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LiveHub } from '../live/hub.ts';
import { openMemory } from '../store/memory.ts';
import { Harness, type Json, startUs } from './testing/harness.ts';

interface Frame {
  id: string;
  event: string;
  data: Json;
}

/** A reader of a stream. */
class Stream {
  readonly frames: Frame[] = [];
  isEnded = false;
  #rest = '';
  #notify = (): void => {};

  static async open(server: Harness, path: string, headers: Record<string, string> = {}) {
    const stream = new Stream();
    let sent: ClientRequest | undefined;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      sent = httpRequest({ host: '127.0.0.1', port: server.port, path, headers }, resolve);
      sent.on('error', reject);
      sent.end();
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/event-stream');
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => stream.#take(text));
    answer.on('error', () => {});
    answer.on('close', () => {
      stream.isEnded = true;
      stream.#notify();
    });
    sent?.on('error', () => {});
    onTestFinished(() => void sent?.destroy());
    return Object.assign(stream, { leave: () => sent?.destroy() });
  }

  /** Waits for what the frames must fulfil. */
  async until(isThere: (stream: Stream) => boolean): Promise<Frame[]> {
    while (!isThere(this)) {
      if (this.isEnded) throw new Error('the stream has ended');
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
    return this.frames;
  }

  /** Waits for so many frames. */
  count(frames: number): Promise<Frame[]> {
    return this.until((stream) => stream.frames.length >= frames);
  }

  #take(text: string): void {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block
          .split('\n')
          .map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
      );
      const data = fields.get('data');
      if (data === undefined) continue;
      this.frames.push({
        id: fields.get('id') ?? '',
        event: fields.get('event') ?? '',
        data: JSON.parse(data),
      });
    }
    this.#notify();
  }
}

const kinds = (frames: Frame[]): string[] => frames.map(({ event }) => event);

describe('a live stream', () => {
  it('brings what becomes durable, in order, and what the server concludes after it', async () => {
    const server = await Harness.start();
    const stream = await Stream.open(server, '/api/live');
    const id = await server.create({ machine_id: 'M' });
    await server.post(`/api/sessions/${id}/state`, { level: { name: 'cave' } });
    await server.post(`/api/sessions/${id}/events`, { name: 'loaded', level: 'warning' });
    await server.post(`/api/sessions/${id}/metrics`, { name: 'fps', value: 'NaN', tags: ['a'] });
    await server.post(`/api/sessions/${id}/heartbeat`, undefined);
    await server.post(`/api/sessions/${id}/crash`, { reason: 'segfault' });
    const frames = await stream.until(({ frames }) => kinds(frames).includes('status'));
    const said = kinds(frames).filter((kind) => kind !== 'status');
    expect(said.slice(0, 6)).toEqual(['start', 'patch', 'event', 'metric', 'heartbeat', 'crash']);
    expect(frames[0]?.data).toMatchObject({ session: id, product: 'P', machine_id: 'M' });
    expect(frames[1]?.data.patch).toEqual({ level: { name: 'cave' } });
    expect(frames[2]?.data).toMatchObject({ name: 'loaded', level: 'warning' });
    expect(frames[3]?.data).toMatchObject({
      name: 'fps',
      type: 'gauge',
      value: 'NaN',
      tags: ['a'],
    });
    expect(frames[5]?.data.reason).toBe('segfault');
    expect(frames.at(-1)?.data).toMatchObject({ lifecycle: 'crashed', hung: false, session: id });
  });

  it('tells many samples as one entry of bounded size', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const stream = await Stream.open(server, `/api/sessions/${id.slice(0, 8)}/live`);
    const entries = [
      {
        kind: 'metrics',
        session: id,
        times: [1, 2, 3].map((n) => startUs / 1000 + n),
        series: [
          { name: 'a', values: [1, 2, 3] },
          { name: 'b', values: [4, 5, 6] },
        ],
      },
    ];
    const many = Array.from({ length: 1_000 }, (_, i) => ({ name: `m${i}`, value: i }));
    const answer = await server.post(`/api/sessions/${id}/metrics`, many);
    expect(answer.json.accepted).toBe(1_000);
    await server.post('/api/ingest', { spoolId: 's', seq: 1, entries });
    const [first] = await stream.count(1);
    expect(first?.event).toBe('metrics');
    expect(first?.data).toMatchObject({ samples: 1_000, series_count: 1_000 });
    expect(first?.data.series).toHaveLength(50);
    expect(first?.data.series[7]).toEqual({ name: 'm7', type: 'gauge', count: 1, last: 7 });
  });

  it('lets through what its filters say', async () => {
    const server = await Harness.start();
    const shop = await server.create({ product: 'shop', version: '2' });
    const game = await server.create({ product: 'game', version: '1' });
    const asked = {
      kinds: await Stream.open(server, '/api/live?kind=event&level=error'),
      product: await Stream.open(server, '/api/live?product=shop&version=2'),
      name: await Stream.open(server, '/api/live?name=fps&name=boom'),
      session: await Stream.open(server, `/api/live?session=${game.slice(0, 8).toUpperCase()}`),
    };
    for (const id of [game, shop]) {
      await server.post(`/api/sessions/${id}/events`, { name: 'fine', level: 'info' });
      await server.post(`/api/sessions/${id}/metrics`, { name: 'fps', value: 1 });
      await server.post(`/api/sessions/${id}/events`, { name: 'boom', level: 'critical' });
    }
    const last = await server.create({ product: 'shop', version: '2' });
    await server.post(`/api/sessions/${last}/events`, { name: 'boom', level: 'error' });
    const shown = async (stream: Stream, count: number) =>
      (await stream.count(count)).map(({ data }) => [data.session, data.name ?? data.kind]);
    expect(await shown(asked.kinds, 3)).toEqual([
      [game, 'boom'],
      [shop, 'boom'],
      [last, 'boom'],
    ]);
    expect(await shown(asked.product, 5)).toEqual([
      ...['fine', 'fps', 'boom'].map((name) => [shop, name]),
      [last, 'start'],
      [last, 'boom'],
    ]);
    expect(await shown(asked.name, 5)).toHaveLength(5);
    expect(await shown(asked.session, 3)).toEqual(
      ['fine', 'fps', 'boom'].map((name) => [game, name]),
    );
  });

  it('goes on exactly where it was left, and after an answer misses nothing of what that lacks', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const say = (name: string) => server.post(`/api/sessions/${id}/events`, { name });
    const before = await Stream.open(server, '/api/live?kind=event');
    for (const name of ['a', 'b']) await say(name);
    const { id: seen } = (await before.count(2))[0] as Frame;
    before.leave();
    const answer = await server.ask(`/api/sessions/${id}`);
    for (const name of ['c', 'd']) await say(name);
    const names = async (headers: Record<string, string>, count: number, query = '') => {
      const stream = await Stream.open(server, `/api/live${query}`, headers);
      return (await stream.count(count)).map(({ data }) => data.name);
    };
    expect(await names({ 'last-event-id': seen }, 3)).toEqual(['b', 'c', 'd']);
    const position = answer.headers['tacho-live-position'] as string;
    expect(await names({}, 2, `?lastEventId=${position}`)).toEqual(['c', 'd']);
  });

  it('says that the server was started again, and how many went out of reach', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const old = await Stream.open(server, '/api/live', { 'last-event-id': '0123456789ab-7' });
    expect((await old.count(1))[0]).toMatchObject({ event: 'gap', data: { missed: null } });
    const mark = (await server.ask('/health')).headers['tacho-live-position'] as string;
    const samples = Array.from({ length: 5_000 }, () => ({ name: 'e' }));
    for (let i = 0; i < 5; i++) await server.post(`/api/sessions/${id}/events`, samples);
    const late = await Stream.open(server, '/api/live', { 'last-event-id': mark });
    const frames = await late.until(({ frames }) => frames.length > 0);
    expect(frames[0]?.event).toBe('gap');
    expect(frames[0]?.data.missed).toBe(25_000 - limits.liveEntriesMax);
    await late.count(1 + limits.liveEntriesMax);
    expect(frames).toHaveLength(1 + limits.liveEntriesMax);
  });

  it('ends when the server closes, and when its token is revoked', async () => {
    const server = await Harness.start();
    const stream = await Stream.open(server, '/api/live');
    await server.close();
    await stream.until(({ isEnded }) => isEnded);
  });

  it('of an unknown session is a 404, and a bad parameter a 400', async () => {
    const server = await Harness.start();
    expect((await server.ask('/api/sessions/12345678/live')).status).toBe(404);
    for (const query of ['kind=x', 'level=loud', 'from=now', 'product=']) {
      expect((await server.ask(`/api/live?${query}`)).status, query).toBe(400);
    }
  });
});

describe('a reader that never reads', () => {
  it('keeps nothing but its place, and learns how much it missed', () => {
    const store = openMemory({ clock: () => startUs, suspendedAfterUs: 1, returnGraceUntilUs: 0 });
    const hub = new LiveHub(store);
    const written: string[] = [];
    const listeners = new Map<string, () => void>();
    const socket = {
      writableNeedDrain: false,
      destroyed: false,
      write(text: string) {
        written.push(text);
        socket.writableNeedDrain = true;
      },
      on: (name: string, listener: () => void) => listeners.set(name, listener),
      end() {},
    };
    const everything = {
      kind: [],
      level: undefined,
      product: [],
      version: [],
      name: [],
      session: [],
    };
    hub.join(socket as never, everything, hub.mark, () => true);
    const session = store.reserve('550e8400-e29b-41d4-a716-446655440000');
    const message = 'x'.repeat(10_000);
    const event = {
      name: 'e',
      level: 'info',
      category: 'info',
      group: '',
      labels: null,
      data: null,
      message,
    };
    const entries = Array.from({ length: 100 }, () => {
      return { kind: 'event', session, atUs: startUs, event } as never;
    });
    for (let i = 0; i < 1_000; i++) hub.publish({ receivedUs: startUs, entries });
    expect(written.length).toBeLessThanOrEqual(1);
    socket.writableNeedDrain = false;
    listeners.get('drain')?.();
    expect(written.join('')).toMatch(/event: gap\ndata: \{"kind":"gap","missed":\d+,/);
    const lengths = written.map((text) => text.length);
    expect(Math.max(...lengths)).toBeLessThan(16 * 1024 + limits.liveFrameLengthMax + 1_000);
  });
});
