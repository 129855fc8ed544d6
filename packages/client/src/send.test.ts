/** Delivery over real HTTP to agents that are away, slow, wrong or new: once each, in order, within bounds. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { outcomeOf } from './destination.ts';
import { type FakeAgent, fakeAgent, type Misbehaviour, until } from './testing/fake-agent.ts';
import { openedTo } from './testing/opened.ts';

const running: FakeAgent[] = [];
const long = 30_000;

async function agentFor(options: Parameters<typeof fakeAgent>[0] = {}): Promise<FakeAgent> {
  const agent = await fakeAgent(options);
  running.push(agent);
  return agent;
}

afterEach(async () => {
  for (const agent of running.splice(0)) await agent.close();
});

/** The first requests are treated badly, later ones are not. */
function firstly(times: number, misbehave: Misbehaviour): Misbehaviour {
  return (request, response, batch) => {
    return times-- > 0 ? misbehave(request, response, batch) : undefined;
  };
}

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('a sender', () => {
  it.each<[string, Misbehaviour]>([
    [
      'hangs up before it answers',
      (request) => {
        request.socket.destroy();
        return true;
      },
    ],
    [
      'breaks off in the middle of its answer',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('{"success":');
        setTimeout(() => response.destroy(), 5);
        return true;
      },
    ],
    [
      'answers 503',
      (_request, response) => {
        response.writeHead(503, { 'retry-after': '0' }).end('busy');
        return true;
      },
    ],
    [
      'answers with the page of somebody else',
      (_request, response) => {
        response.end('<html>Welcome to the hotel</html>');
        return true;
      },
    ],
  ])('delivers everything once, in order, to one who at first %s', async (_what, misbehave) => {
    const agent = await agentFor();
    agent.misbehave = firstly(3, misbehave);
    const { session } = openedTo(agent.url);
    for (const n of numbers(100)) session.logEvent(`e${n}`);
    expect(await session.end(long)).toBe(true);
    expect(agent.entries('event').map(({ name }) => name)).toEqual(
      numbers(100).map((n) => `e${n}`),
    );
    expect(agent.batches.map(({ seq }) => seq)).toEqual(
      numbers(agent.batches.length).map((n) => n + 1),
    );
    expect(agent.requests).toBe(agent.batches.length + 3);
    expect(session.stats()).toMatchObject({ accepted: 100, sent: 100, pending: 0, dropped: {} });
  });

  it('sends a batch again that was taken although the answer was lost, and it counts once', async () => {
    const agent = await agentFor();
    agent.misbehave = firstly(2, (request, _response, batch) => {
      agent.take(batch);
      request.socket.destroy();
      return true;
    });
    const { session } = openedTo(agent.url);
    session.counter('c', 5);
    await session.end(long);
    expect(agent.values('c')).toEqual([5]);
    expect(agent.requests).toBe(3);
  });

  it('keeps what is said while nobody listens, and delivers it when somebody does', async () => {
    const first = await agentFor();
    const { port, url } = first;
    const { session } = openedTo(url);
    session.logEvent('before');
    expect(await session.flush(long)).toBe(true);
    await first.close();
    for (const n of numbers(1000)) session.logMetric('n', n);
    expect(await session.flush(20)).toBe(false);
    const second = await agentFor({ port, known: first });
    session.logEvent('after');
    expect(await session.end(long)).toBe(true);
    expect(second.values('n')).toEqual(numbers(1000));
    // The second one has another id, so it is told about the session first.
    const [, ...later] = second.batches.filter(({ entries }) => entries[0]?.kind === 'start');
    expect(later.length).toBeLessThanOrEqual(1);
    expect(second.entries('event').map(({ name }) => name)).toEqual(['before', 'after']);
  });

  it('starts anew with an agent that has not heard of the session', async () => {
    const agent = await agentFor();
    let isKnown = false;
    agent.misbehave = (_request, response, { entries }) => {
      isKnown ||= agent.requests > 1 && entries[0]?.kind === 'start';
      if (isKnown || agent.requests === 1) return undefined;
      const rejected = entries.map((_entry, index) => {
        return { index, code: 'session_not_found', details: 'no' };
      });
      response.end(JSON.stringify({ success: true, accepted: 0, rejected, agentId: 'new' }));
      return true;
    };
    const { session } = openedTo(agent.url);
    session.logEvent('one');
    await session.flush(long);
    session.logEvent('two');
    session.logMetric('n', 2);
    session.counter('c', 3);
    expect(await session.end(long)).toBe(true);
    expect(agent.entries('start')).toHaveLength(2);
    expect(agent.entries('event').map(({ name }) => name)).toEqual(['one', 'two']);
    expect(agent.values('n')).toEqual([2]);
    expect(agent.values('c')).toEqual([3]);
    expect(session.stats()).toMatchObject({ accepted: 4, sent: 4, dropped: {} });
  });

  it('goes on after a batch that is refused for good, and counts what was in it', async () => {
    const agent = await agentFor();
    agent.misbehave = firstly(1, (_request, response) => {
      response.writeHead(400).end('{"error":"no"}');
      return true;
    });
    const { session } = openedTo(agent.url);
    session.logEvent('poison');
    await session.flush(long);
    session.logEvent('fine');
    expect(await session.end(long)).toBe(true);
    expect(agent.entries('event').map(({ name }) => name)).toContain('fine');
    expect(session.stats()).toMatchObject({ accepted: 2, sent: 1, dropped: { refused: 1 } });
    // The loss is told with the session itself.
    expect(agent.entries('event').map(({ name }) => name)).toContain('tacho.data_dropped');
  });

  it('takes at least the time that it is told before it tries again', async () => {
    const agent = await agentFor();
    const times: number[] = [];
    agent.misbehave = (_request, response) => {
      times.push(performance.now());
      if (times.length > 1) return undefined;
      response.writeHead(429, { 'retry-after': '1' }).end();
      return true;
    };
    const { session } = openedTo(agent.url);
    session.logEvent('e');
    // Nobody waits, so nothing hurries it.
    await until(() => agent.batches.length === 1);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
    await session.end(long);
  });

  it('makes many batches of much, each within its bound', async () => {
    const agent = await agentFor();
    const { session } = openedTo(agent.url);
    for (let i = 0; i < 200_000; i++) session.logMetric('n', i);
    expect(await session.end(long)).toBe(true);
    expect(agent.values('n')).toEqual(numbers(200_000));
    expect(agent.batches.length).toBeGreaterThan(5);
    for (const batch of agent.batches) expect(JSON.stringify(batch).length).toBeLessThan(400_000);
  });

  it('drops beyond the bound of its memory, counts it and tells it', async () => {
    const agent = await agentFor();
    const { session } = openedTo(() => Promise.reject(new Error('nobody')), {
      bufferBytesMax: 100_000,
    });
    for (let i = 0; i < 20_000; i++) session.logMetric('n', i);
    for (let i = 0; i < 2_000; i++) session.logEvent('e', { message: 'x'.repeat(100) });
    const { accepted, pending, dropped } = session.stats();
    expect(accepted).toBe(22_000);
    expect(dropped.buffer_full).toBeGreaterThan(15_000);
    expect(pending + (dropped.buffer_full ?? 0)).toBe(22_000);
    await agent.close();
  });

  it('answers `flush` in time when nobody is there, and the program goes on', async () => {
    const { session } = openedTo(() => Promise.reject(new Error('nobody')));
    session.logEvent('e');
    expect(await session.flush(10)).toBe(false);
    expect(await session.end(10)).toBe(false);
    session.logEvent('late');
    expect(session.stats()).toMatchObject({ accepted: 2, pending: 1, dropped: { ended: 1 } });
  });

  it('accounts for every call, whatever is said and however it goes', async () => {
    const agent = await agentFor();
    const call = fc.constantFrom('event', 'metric', 'counter', 'bad', 'flush', 'histogram');
    const fate = fc.constantFrom(200, 200, 503, 400, 0);
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 40 }), fc.array(fate), async (calls, fates) => {
        agent.misbehave = (request, response) => {
          const status = fates.shift() ?? 200;
          if (status === 200) return undefined;
          if (status === 0) request.socket.destroy();
          else response.writeHead(status, { 'retry-after': '0' }).end();
          return true;
        };
        const { session } = openedTo(agent.url, { flushIntervalMs: 1 });
        for (const what of calls) {
          if (what === 'event') session.logEvent('e');
          if (what === 'metric') session.logMetric('m', 1);
          if (what === 'counter') session.counter('c');
          if (what === 'histogram') session.histogram('h', 1);
          if (what === 'bad') session.logMetric('', 1);
          if (what === 'flush') await session.flush(1);
        }
        await session.end(long);
        const { accepted, sent, pending, dropped } = session.stats();
        const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
        expect(pending).toBe(0);
        expect(sent + lost).toBe(accepted);
        expect(accepted).toBe(calls.filter((what) => what !== 'flush').length);
      }),
      { numRuns: 15 },
    );
  });
});

describe('an answer', () => {
  it('is a receipt only when it is one', () => {
    const text = '{"success":true,"accepted":1}';
    expect(outcomeOf({ status: 200, text })).toMatchObject({ kind: 'taken' });
    for (const other of ['', 'null', '[]', '{"success":true}', '{"success":false,"accepted":1}']) {
      expect(outcomeOf({ status: 200, text: other })).toEqual({ kind: 'later' });
    }
    for (const status of [408, 425, 429, 500, 502]) {
      expect(outcomeOf({ status, text }).kind, String(status)).toBe('later');
    }
    for (const status of [301, 401, 403, 404, 405]) {
      expect(outcomeOf({ status, text })).toMatchObject({ isForbidden: true });
    }
    for (const status of [400, 413, 415, 422]) {
      expect(outcomeOf({ status, text }).kind, String(status)).toBe('refused');
    }
    expect(outcomeOf({ status: 429, retryAfter: '7', text })).toMatchObject({ waitMs: 7000 });
    const date = new Date(Date.now() + 60_000).toUTCString();
    const dated = outcomeOf({ status: 429, retryAfter: date, text }) as { waitMs: number };
    expect(dated.waitMs).toBeGreaterThan(50_000);
  });
});
