/** The inbox over real HTTP: right answers, right refusals, and nobody but programs of this machine. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type LocalEntry, limits } from '@tacho/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeInbox } from './inbox.ts';
import { type Listening, listen } from './listen.ts';

const identity = { machineId: 'm', hostname: 'h', bootId: 'b', agentId: 'this-agent' };
const nowUs = 1_790_000_000_500_000;

/** What the inbox handed over. */
let taken: {
  entries: readonly LocalEntry[];
  from?: { clientId: string; seq: number; body?: Uint8Array };
}[];
let names: Map<string, string>;
/** What else the inbox asked for. */
let calls: string[];
let isOffline: boolean;
let listening: Listening;

beforeAll(async () => {
  const inbox = makeInbox({
    recorder: {
      accept: (entries, from) => {
        taken.push({ entries, ...(from && { from }) });
        for (const entry of entries) {
          if (entry.kind === 'start') names.set(entry.session, entry.session);
        }
        return { accepted: entries.length };
      },
      knowsClient: (clientId) => taken.some(({ from }) => from?.clientId === clientId),
      session: (name) => (names.has(name) ? { id: names.get(name)! } : undefined),
      alias: (name, id) => names.set(name, id),
    },
    identity,
    nowUs: () => nowUs,
    hangTimeoutMs: 60_000,
    isOffline: () => isOffline,
    adopt: () => {
      calls.push('adopt');
    },
    onExit: () => {
      calls.push('exit');
    },
    health: () => ({ status: 'ok', sessions: names.size }),
    reading: {
      session: (id) => Promise.resolve({ status: 200, text: JSON.stringify({ id }) }),
      sessions: () => Promise.resolve({ status: 200, text: '[]' }),
    },
    log: { info: () => {}, warn: () => {}, error: (text) => fail(text) },
  });
  listening = await listen(0, inbox.answer);
});
afterAll(() => listening.close(1_000));
beforeEach(() => {
  taken = [];
  names = new Map();
  calls = [];
  isOffline = false;
});

function fail(text: string): never {
  throw new Error(text);
}

interface Sent {
  status: number;
  headers: IncomingHttpHeaders;
  json: Record<string, unknown>;
}

function send(
  method: string,
  path: string,
  body: string | Buffer = '',
  headers: Record<string, string> = { 'content-type': 'application/json' },
  host = '127.0.0.1',
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const agent = new Agent();
    const options = { host, port: listening.port, method, path, headers, agent };
    const outgoing = request(options, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      incoming.on('end', () => {
        agent.destroy();
        const { statusCode = 0 } = incoming;
        resolve({ status: statusCode, headers: incoming.headers, json: JSON.parse(text) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const post = (path: string, body: unknown) => send('POST', path, JSON.stringify(body));

async function registered(): Promise<string> {
  const { json } = await post('/register', { parent_pid: 0, product: 'P', version: 'V' });
  return json.session_id as string;
}

describe('sessions of DataCat', () => {
  it('get their real id at once', async () => {
    const id = await registered();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect(taken[0]!.entries).toMatchObject([
      { kind: 'start', session: id, atUs: nowUs, start: { product: 'P', ...identity } },
    ]);
  });

  it('get a local name while the server is known to be out of reach, which stands for the id', async () => {
    isOffline = true;
    const first = await registered();
    const second = await registered();
    expect([first, second]).toEqual(['local-session-1790000000-1', 'local-session-1790000000-2']);
    await post('/event', { session_id: second, name: 'e' });
    expect(taken[2]!.entries).toMatchObject([{ kind: 'event', session: names.get(second) }]);
  });

  it('are answered as DataCat answers', async () => {
    const id = await registered();
    for (const path of ['/event', '/heartbeat', '/pause_heartbeat', '/resume_heartbeat', '/end']) {
      const { status, json } = await post(path, { session_id: id, name: 'e' });
      expect({ path, status, json }).toEqual({ path, status: 200, json: { status: 'ok' } });
    }
    expect(taken.map(({ entries }) => entries.map(({ kind }) => kind).join())).toEqual([
      'start',
      'event',
      'resume,heartbeat',
      'pause',
      'resume',
      'end',
    ]);
  });

  it('take NaN, which is not JSON', async () => {
    const id = await registered();
    const body = `{"session_id":"${id}","name":"g","type":"gauge","value":NaN,"tags":[]}`;
    expect((await send('POST', '/metric', body)).status).toBe(200);
    expect(taken[1]!.entries).toMatchObject([{ kind: 'metric', metric: { value: Number.NaN } }]);
  });

  it('that nobody registered are not found', async () => {
    const { status, json } = await post('/state', { session_id: 'S1', state: {} });
    expect(status).toBe(404);
    expect(json).toMatchObject({ error: 'Session not found', code: 'session_not_found' });
    expect((await post('/state', { state: {} })).status).toBe(404);
  });
});

describe('batches', () => {
  const session = '5e551000-5555-4555-8555-555555555555';
  const batch = {
    spoolId: 'client-1',
    seq: 3,
    entries: [
      { kind: 'start', session, at: 1_790_000_000_000, product: 'P', version: 'V', pid: 12 },
      { kind: 'growth', session, at: 1_790_000_000_001, type: 'counter', name: 'c', delta: 2 },
      { kind: 'nonsense', session },
    ],
  };

  it('are taken with their number, the good entries of them', async () => {
    const { status, json } = await post('/api/ingest', batch);
    expect(status).toBe(200);
    expect(json).toMatchObject({ success: true, accepted: 2, agentId: 'this-agent' });
    expect(json.rejected).toMatchObject([{ index: 2 }]);
    expect(taken[0]).toMatchObject({ from: { clientId: 'client-1', seq: 3 } });
    expect(taken[0]!.entries[0]).toMatchObject({ start: { product: 'P' }, watch: { pid: 12 } });
    expect(taken[0]!.from).not.toHaveProperty('body');
    const good = { ...batch, seq: 4, entries: batch.entries.slice(0, 2) };
    await post('/api/ingest', good);
    expect(JSON.parse(Buffer.from(taken[1]!.from!.body!).toString())).toEqual(good);
  });

  it('of a client that is new make the agent look for what a dead one left, before they count', async () => {
    const exit = { kind: 'exit', session, code: 1 };
    await post('/api/ingest', batch);
    await post('/api/ingest', { ...batch, seq: 4, entries: [exit] });
    expect(calls).toEqual(['adopt', 'exit']);
  });

  it('may be compressed', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const body = gzipSync(JSON.stringify(batch));
    expect((await send('POST', '/api/ingest', body, headers)).json.accepted).toBe(2);
    const broken = await send('POST', '/api/ingest', body.subarray(0, 40), headers);
    expect(broken).toMatchObject({ status: 400, json: { code: 'invalid_body' } });
  });

  it('that are none are refused as a whole', async () => {
    const { status, json } = await post('/api/ingest', { ...batch, seq: 0 });
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: 'Invalid field', code: 'invalid_field' });
    expect(taken).toEqual([]);
  });
});

describe('refusals', () => {
  it('name what is wrong, as JSON', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const brotli = { 'content-type': 'application/json', 'content-encoding': 'br' };
    const cases: [Promise<Sent>, number, string][] = [
      [send('POST', '/event', '{'), 400, 'invalid_json'],
      [send('POST', '/event', '[1]'), 400, 'invalid_body'],
      [send('POST', '/event', ''), 400, 'invalid_json'],
      [send('POST', '/register', '{"product":"P"}'), 400, 'invalid_field'],
      [send('GET', '/session'), 400, 'invalid_request'],
      [send('GET', '/nothing'), 404, 'not_found'],
      [send('GET', '//event'), 404, 'not_found'],
      [send('POST', '/event', 'a=1', form), 415, 'unsupported_media_type'],
      [send('POST', '/event', 'x', brotli), 415, 'unsupported_encoding'],
    ];
    for (const [sent, status, code] of cases) {
      const { json, ...rest } = await sent;
      expect({ status: rest.status, code: json.code }).toEqual({ status, code });
      expect(json.error).toBeTypeOf('string');
      expect(json.details).toBeTypeOf('string');
    }
  });

  it('of methods name the right one', async () => {
    const { status, headers, json } = await send('GET', '/event');
    expect({ status, allow: headers.allow, code: json.code }).toEqual({
      status: 405,
      allow: 'POST',
      code: 'method_not_allowed',
    });
    expect((await send('POST', '/health')).headers.allow).toBe('GET');
  });

  it('of bodies that are too large come as answers, not as broken connections', async () => {
    const big = Buffer.alloc(limits.bodyBytesMax + 1, ' ');
    expect(await send('POST', '/event', big)).toMatchObject({
      status: 413,
      json: { code: 'body_too_large' },
    });
    const bomb = gzipSync(Buffer.alloc(limits.expandedBodyBytesMax + 1, ' '));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expect(await send('POST', '/event', bomb, headers)).toMatchObject({
      status: 413,
      json: { code: 'expanded_body_too_large' },
    });
  });

  it('meet pages of the web, whatever name or form they come with', async () => {
    for (const headers of [
      { host: 'evil.example' },
      { host: `evil.example:${listening.port}` },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${listening.port}` },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const { status } = await send('GET', '/health', '', headers);
      expect({ headers, status }).toEqual({ headers, status: 403 });
    }
  });

  it('do not meet the names of this machine', async () => {
    for (const host of ['localhost', '127.0.0.1:1', '[::1]:8079', 'LOCALHOST:9']) {
      expect((await send('GET', '/health', '', { host })).status, host).toBe(200);
    }
  });
});

describe('listening', () => {
  it('is on the loopback addresses, one port for both kinds', async () => {
    expect((await send('GET', '/health')).status).toBe(200);
    if (listening.hasIpv6) expect((await send('GET', '/health', '', {}, '::1')).status).toBe(200);
  });

  it('fails at once on a port that is taken', async () => {
    await expect(listen(listening.port, () => {})).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
