/** Delivery to servers that misbehave: everything arrives once and in order, or is set aside with its reason. */
import { createServer as createTlsServer } from 'node:https';
import { limits } from '@tacho/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Delivery, type DeliveryOptions } from './deliver.ts';
import { startFlush } from './flush.ts';
import { Sender, type SenderOptions } from './send.ts';
import { startSignsOfLife } from './signs-of-life.ts';
import { event, type Life, live, nowUs, session, start, temporary } from './testing/lives.ts';
import { type Misdeed, RoughServer, status } from './testing/rough-server.ts';

/** An agent that delivers to a server; pauses are noted and not kept. */
function agentOf(serverUrl: string, changes: Partial<SenderOptions & DeliveryOptions> = {}) {
  const life: Life = live(temporary(), {});
  const pauses: number[] = [];
  const lines: string[] = [];
  const aside: { name: string; document: object }[] = [];
  const sender = new Sender({ serverUrl, ...changes });
  const delivery = new Delivery({
    spool: life.spool,
    send: (outgoing) => sender.send(outgoing),
    session: (id) => life.recorder.session(id),
    setAside: (name, document) => aside.push({ name, document }),
    log: { info: (text) => lines.push(text), warn: (text) => lines.push(text) },
    timer: (ms, run) => {
      pauses.push(ms);
      const timer = setTimeout(run, 1);
      return () => clearTimeout(timer);
    },
    random: () => 1,
    ...changes,
  });
  const flush = startFlush({ ...life, delivery, intervalMs: 5, nowUs: () => nowUs });
  onTestFinished(async () => {
    flush.stop();
    sender.close();
    await delivery.stop();
    await life.recorder.close();
  });
  return { ...life, delivery, flush, pauses, lines, aside };
}

/** Says events one by one, each in a batch of its own. */
async function say({ recorder, flush }: ReturnType<typeof agentOf>, names: readonly string[]) {
  recorder.accept([start()]);
  const all = [flush.now()];
  for (const name of names) {
    recorder.accept([event(name)]);
    all.push(flush.now());
  }
  await Promise.all(all);
}

const names = ['a', 'b', 'c', 'd', 'e'];

const cutOff: Misdeed = (_request, response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('{"success":true');
  setTimeout(() => response.destroy(), 5);
};
const closed: Misdeed = (request) => {
  request.socket.destroy();
};
const silent: Misdeed = () => {};

describe('a delivery', () => {
  it('brings everything once and in order through all kinds of trouble', async () => {
    const server = await RoughServer.start();
    const agent = agentOf(server.url, { timeoutMs: 300 });
    server.misdeeds = [
      status(503, { 'retry-after': '7' }),
      status(500),
      undefined,
      status(200, {}, '<html>Welcome</html>'),
      status(200, {}, '{"success":false}'),
      cutOff,
      undefined,
      closed,
      silent,
      status(429),
      status(408),
      undefined,
    ];
    await say(agent, names);
    expect(server.told.events()).toEqual(names);
    expect(agent.pauses.filter((ms) => ms >= 7_000)).toHaveLength(1);
    expect(agent.delivery.problem).toBeUndefined();
    expect(agent.delivery.reachability).toBe('reachable');
    expect(agent.delivery.dropped).toEqual({});
  });

  it('waits longer after each failure, and as before once it has worked', async () => {
    const server = await RoughServer.start();
    const agent = agentOf(server.url);
    server.misdeeds = [...new Array(9).fill(status(500)), undefined, status(500)];
    await say(agent, ['a']);
    const [min, max] = [limits.deliverRetryMinMs, limits.deliverRetryMaxMs];
    const doubled = [1, 2, 4, 8, 16, 32, 64].map((factor) => factor * min);
    expect(agent.pauses).toEqual([...doubled, max, max, min]);
  });

  it('repeats a batch whose receipt was lost under the same number', async () => {
    const server = await RoughServer.start();
    const agent = agentOf(server.url);
    const takeAndDie: Misdeed = (request) => {
      server.told.takeBody(server.bodies.at(-1) as string);
      request.socket.destroy();
    };
    server.misdeeds = [undefined, takeAndDie];
    await say(agent, names);
    expect(server.bodies[1]).toBe(server.bodies[2]);
    expect(server.told.events()).toEqual(names);
  });

  it('sets aside what will never be taken, and goes on', async () => {
    const server = await RoughServer.start();
    const agent = agentOf(server.url);
    const reply = '{"code":"invalid_field","details":"n is bad.","error":"Invalid field"}';
    server.misdeeds = [undefined, status(400, {}, reply), undefined, status(413)];
    await say(agent, names);
    expect(server.told.events()).toEqual(['b', 'd', 'e']);
    expect(agent.aside).toMatchObject([
      { document: { reason: 'status 400: n is bad.', entries: [{ name: 'a' }] } },
      { document: { reason: 'status 413', entries: [{ name: 'c' }] } },
    ]);
    expect(agent.delivery.dropped).toEqual({ rejected: 2 });
  });

  it('keeps everything where a token or the right URL is missing, and says so', async () => {
    const server = await RoughServer.start();
    const agent = agentOf(server.url);
    server.misdeeds = [
      status(401, {}, '{"code":"unauthorized","details":"No token."}'),
      status(404, {}, 'nginx'),
      status(301, { location: '/elsewhere' }),
    ];
    await say(agent, names);
    expect(server.told.events()).toEqual(names);
    expect(agent.pauses.filter((ms) => ms >= limits.deliverSlowRetryMs)).toHaveLength(3);
    expect(agent.lines).toEqual([
      'the server takes no data: status 401: No token.',
      'the server takes no data: status 404',
      'the server takes no data: status 301',
      'the server takes data again',
    ]);
  });

  it('sends a session that the server does not know again, behind its start, once', async () => {
    const server = await RoughServer.start();
    const agent = agentOf(server.url);
    const rejected = [{ index: 0, code: 'session_not_found', details: 'Unknown.' }];
    const seeButRefuse: Misdeed = (_request, response) => {
      const { spoolId, seq } = JSON.parse(server.bodies.at(-1) as string);
      server.told.takeBody(JSON.stringify({ spoolId, seq, entries: [] }));
      response.end(reply(rejected));
    };
    server.misdeeds = [undefined, seeButRefuse, closed, seeButRefuse];
    await say(agent, ['a', 'b']);
    const kinds = server.bodies.map((body) =>
      JSON.parse(body).entries.map((entry: { kind: string }) => entry.kind),
    );
    const again = ['start', 'event'];
    // The lost receipt of the repair brings the batch once more, and the repair with the same number.
    expect(kinds).toEqual([['start'], ['event'], again, ['event'], again, ['event']]);
    expect(server.bodies[2]).toBe(server.bodies[4]);
    expect(server.told.events()).toEqual(['a', 'b']);
  });

  it('sets refused entries aside, those of unknown sessions as well', async () => {
    const server = await RoughServer.start();
    const agent = agentOf(server.url, { session: () => undefined });
    const rejected = [{ index: 0, code: 'session_not_found', details: 'Unknown.' }];
    server.misdeeds = [undefined, status(200, {}, reply(rejected))];
    await say(agent, ['a', 'b']);
    expect(agent.aside).toMatchObject([
      { document: { refused: [{ entry: { name: 'a' }, reason: 'session_not_found: Unknown.' }] } },
    ]);
    expect(agent.delivery.dropped).toEqual({ rejected: 1 });
  });

  it('knows at once that nobody listens, and finds out when somebody does', async () => {
    const agent = agentOf('http://127.0.0.1:9');
    await expect.poll(() => agent.delivery.reachability).toBe('unreachable');
    const server = await RoughServer.start();
    let isUp = false;
    const sender = new Sender({ serverUrl: server.url });
    const other = agentOf(server.url, {
      send: (outgoing) => (isUp ? sender.send(outgoing) : Promise.reject(new Error('down'))),
    });
    await expect.poll(() => other.delivery.problem).toBe('down');
    isUp = true;
    await expect.poll(() => other.delivery.reachability).toBe('reachable');
    sender.close();
  });

  it('reaches servers below a path, with a slash behind it, with a token, without gzip', async () => {
    const server = await RoughServer.start();
    const agent = agentOf(`${server.url}/tacho//`, { token: 'secret', compress: false });
    await say(agent, ['a']);
    expect(new Set(server.requests)).toEqual(
      new Set(['GET /tacho/health', 'POST /tacho/api/ingest']),
    );
    expect(server.headers[0]).toMatchObject({ authorization: 'Bearer secret' });
    expect(server.headers[0]).not.toHaveProperty('content-encoding');
    expect(server.told.events()).toEqual(['a']);
  });

  it('trusts a certificate that nobody vouches for only when told to', async () => {
    const server = await RoughServer.start((listener) => createTlsServer({ key, cert }, listener));
    const url = server.url.replace('http:', 'https:');
    const strict = agentOf(url);
    await expect.poll(() => strict.delivery.problem).toMatch(/certificate/);
    const lenient = agentOf(url, { verifyTls: false });
    await say(lenient, ['a']);
    expect(server.told.events()).toEqual(['a']);
  });
});

describe('signs of life', () => {
  it('are given for programs that are seen alive, while nothing else waits', async () => {
    const server = await RoughServer.start();
    const agent = agentOf(server.url);
    await say(agent, ['a']);
    let isIdle = false;
    const stop = startSignsOfLife({
      ...agent,
      isIdle: () => isIdle,
      sees: (id) => id === session,
      nowUs: () => nowUs,
      intervalMs: 5,
    });
    onTestFinished(stop);
    const before = server.bodies.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(server.bodies).toHaveLength(before);
    isIdle = true;
    await expect.poll(() => server.bodies.length).toBeGreaterThan(before + 1);
    expect(JSON.parse(server.bodies.at(-1) as string).entries).toEqual([
      { kind: 'heartbeat', session, at: nowUs / 1000, witness: true },
    ]);
  });
});

describe('what had to be dropped', () => {
  it('is told in the sessions concerned', async () => {
    const server = await RoughServer.start();
    const agent = agentOf(server.url);
    await say(agent, ['a']);
    const head = { entries: 5, sessions: [session, 'gone'] };
    const lost = { us: nowUs, head } as never;
    agent.spool.onLoss?.(lost, 'spool_full');
    agent.spool.onLoss?.(lost, 'spool_full');
    await agent.flush.now();
    const told = server.told.entries.filter((entry) => entry.kind === 'event').at(-1);
    expect(told).toMatchObject({
      session,
      event: {
        name: 'tacho.data_lost',
        data: { batches: 2, entries: 10, reason: 'spool_full', from: '2026-01-01T00:00:00.000Z' },
      },
    });
    expect(agent.delivery.dropped).toEqual({ spool_full: 10 });
  });
});

function reply(rejected: object[]): string {
  return JSON.stringify({ success: true, accepted: 0, rejected });
}

/** Made for this test; nobody else trusts it. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDvuIvo/bZtQc8RBj
TlKM4AIygLuz2uMaD9qP8iACTTihRANCAASsscgx2bkHzmWDHW9CS8MVZb5rcvx+
l2d9gGkW0cZw6hT9TRNUKXN5nC2bdMG9ikr/7ZxuL8qNK9HhXHo9znVK
-----END PRIVATE KEY-----
`;

const cert = `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUVoxqqj9ceiBQ6p+fBSX+nCMIusowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTEzMDU1NloYDzIxMjYxMTAx
MTMwNTU2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASsscgx2bkHzmWDHW9CS8MVZb5rcvx+l2d9gGkW0cZw6hT9TRNUKXN5
nC2bdMG9ikr/7ZxuL8qNK9HhXHo9znVKo1MwUTAdBgNVHQ4EFgQUoma0tvsmOgyD
eVr/paFaL79tsYgwHwYDVR0jBBgwFoAUoma0tvsmOgyDeVr/paFaL79tsYgwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiBK0bgGuiy3fV0G+GCWDBCL
EHitKJdiQuH44BaGggcH2QIhANxWbPiitru8prrV4HmW8KGByw9kT7X4sXmiXKkD
+KK9
-----END CERTIFICATE-----
`;
