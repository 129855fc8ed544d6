/** The DataCat surface over HTTP: what each endpoint takes, answers and leaves behind. */
import { describe, expect, it } from 'vitest';
import { Harness } from './testing/harness.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const minted = '550e8400-e29b-41d4-a716-446655440000';
const start = '2026-01-01T00:00:00.000Z';

describe('create', () => {
  it('answers 201 with the full fresh session and its id twice', async () => {
    const server = await Harness.start();
    const { status, json, headers } = await server.post('/api/sessions', {
      product: 'P',
      version: 'V',
      machine_id: 'm',
      hostname: 'h',
    });
    expect(status).toBe(201);
    expect(headers['content-type']).toBe('application/json');
    expect(json.id).toMatch(uuid);
    expect(json).toEqual({
      cause: null,
      id: json.id,
      session_id: json.id,
      created_at: start,
      updated_at: start,
      ended_at: null,
      active: true,
      suspended: false,
      crashed: false,
      hung: false,
      machine_id: 'm',
      hostname: 'h',
      state: { product: 'P', version: 'V' },
      state_history: [],
      events: [],
      metrics: [],
    });
  });

  it('answers what a read right after it answers', async () => {
    const server = await Harness.start();
    const state = { nested: { gone: null, kept: 1 }, list: [null] };
    const { json } = await server.post('/api/sessions', { product: 'P', version: 'V', state });
    const { session_id, ...created } = json;
    expect(await server.session(session_id)).toEqual(created);
    expect(created.state).toEqual({
      product: 'P',
      version: 'V',
      nested: { kept: 1 },
      list: [null],
    });
  });

  it('answers 200 with nothing but session_id when legacyCreateReply is on', async () => {
    const server = await Harness.start({ legacyCreateReply: true });
    const { status, json } = await server.post('/api/sessions', { product: 'P', version: 'V' });
    expect(status).toBe(200);
    expect(json).toEqual({ session_id: expect.stringMatching(uuid) });
    const again = await server.post('/api/sessions', { product: 'P', version: 'V', id: minted });
    const third = await server.post('/api/sessions', { product: 'P', version: 'V', id: minted });
    expect([again.status, third.status]).toEqual([200, 200]);
    expect(third.text).toBe(again.text);
  });

  it('takes an id of the client, and answers the session as it is when that exists', async () => {
    const server = await Harness.start();
    const body = { product: 'P', version: 'V', id: minted.toUpperCase() };
    const first = await server.post('/api/sessions', body);
    expect([first.status, first.json.id]).toEqual([201, minted]);
    await server.post(`/api/sessions/${minted}/state`, { x: 1 });
    const second = await server.post('/api/sessions', { ...body, version: 'other' });
    expect(second.status).toBe(200);
    expect(second.json).toMatchObject({
      id: minted,
      session_id: minted,
      state: { version: 'V', x: 1 },
      state_history: [{ state: { x: 1 } }],
    });
  });

  it('makes one session of two creates with one id at the same time', async () => {
    const server = await Harness.start();
    const body = { product: 'P', version: 'V', id: minted };
    const answers = await Promise.all([1, 2, 3].map(() => server.post('/api/sessions', body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    expect(server.appends).toBe(1);
  });

  it.each([
    ['nothing', ''],
    ['no product', '{"version":"V"}'],
    ['an empty version', '{"product":"P","version":""}'],
    ['an array', '[]'],
    ['null', 'null'],
    ['broken JSON', '{"product":"P"'],
    ['an id that is no UUID', '{"product":"P","version":"V","id":"x"}'],
    ['a machine id that is no text', '{"product":"P","version":"V","machine_id":5}'],
  ])('refuses %s with 400', async (_name, body) => {
    const server = await Harness.start();
    const { status, json } = await server.post('/api/sessions', body);
    expect(status).toBe(400);
    expect(json).toEqual({
      error: expect.any(String),
      details: expect.any(String),
      code: expect.stringMatching(/^invalid_(json|body|field)$/),
    });
  });
});

describe('read', () => {
  it('takes any unique prefix of eight or more characters, in any case', async () => {
    const server = await Harness.start();
    const id = await server.create({ id: minted });
    for (const asked of [id, '550e8400', '550E8400-E29B', '550e8400-e29b-41d4-a716-44665544000']) {
      expect((await server.session(asked)).id).toBe(id);
    }
  });

  it('lists the candidates of an ambiguous prefix with 409', async () => {
    const server = await Harness.start();
    const other = minted.replace(/0$/, '1');
    await server.create({ id: minted });
    await server.create({ id: other });
    for (const [path, body] of [
      ['', undefined],
      ['/metrics', { name: 'm', value: 1 }],
    ] as const) {
      const answer = await server.ask(`/api/sessions/550e8400${path}`, { body });
      expect(answer.status).toBe(409);
      expect(answer.json).toMatchObject({
        code: 'session_ambiguous',
        candidates: [minted, other],
      });
    }
  });

  it('answers 404 for an unknown id and 400 for a prefix that is too short', async () => {
    const server = await Harness.start();
    const unknown = await server.ask(`/api/sessions/${minted}`);
    expect([unknown.status, unknown.json.error]).toEqual([404, 'Session not found']);
    const short = await server.ask('/api/sessions/550e840');
    expect([short.status, short.json.code]).toEqual([400, 'prefix_too_short']);
  });

  it('tolerates a slash at the end and doubled slashes', async () => {
    const server = await Harness.start();
    const id = await server.create();
    expect((await server.ask(`/api/sessions/${id}/`)).status).toBe(200);
    expect((await server.ask(`//api//sessions/${id}`)).status).toBe(200);
    expect((await server.post(`/api/sessions/${id}/heartbeat/`, '')).status).toBe(200);
    expect((await server.post('/api/sessions/', { product: 'P', version: 'V' })).status).toBe(201);
  });

  it('answers HEAD with the head of GET and no body', async () => {
    const server = await Harness.start();
    const id = await server.create();
    for (const path of [`/api/sessions/${id}`, '/api/data/sessions', '/health']) {
      const { status, text, headers } = await server.ask(path, { method: 'HEAD' });
      expect([status, text, headers['content-type']]).toEqual([200, '', 'application/json']);
    }
  });
});

describe('state', () => {
  it('takes plain and wrapped patches and keeps cumulative snapshots', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const path = `/api/sessions/${id}/state`;
    const timestamp = '2025-12-31T23:59:59.123456+00:00';
    for (const body of [
      { a: { b: 1, c: 2 } },
      { state: { a: { b: null } }, timestamp },
      { state: 'running' },
      {},
    ]) {
      const { status, text } = await server.post(path, body);
      expect([status, text]).toEqual([200, '{"success":true}\n']);
    }
    const base = { product: 'P', version: '1.0' };
    const { state, state_history } = await server.session(id);
    expect(state).toEqual({ ...base, a: { c: 2 }, state: 'running' });
    expect(state_history).toEqual([
      { timestamp: start, state: { ...base, a: { b: 1, c: 2 } } },
      { timestamp: '2025-12-31T23:59:59.123456Z', state: { ...base, a: { c: 2 } } },
      { timestamp: start, state },
      { timestamp: start, state },
    ]);
  });

  it('keeps the digits of integers beyond 2^53', async () => {
    const server = await Harness.start();
    const id = await server.create();
    await server.post(`/api/sessions/${id}/state`, '{"big":9007199254740993,"small":1}');
    await server.post(
      `/api/sessions/${id}/events`,
      '{"name":"e","data":{"n":-12345678901234567890}}',
    );
    const { text } = await server.ask(`/api/sessions/${id}`);
    expect(text.match(/"big":9007199254740993/g)).toHaveLength(2);
    expect(text).toContain('"n":-12345678901234567890');
  });

  it.each([['[]'], ['5'], ['"x"'], ['{"a":1} trailing'], ['{"a":']])('refuses %s', async (body) => {
    const server = await Harness.start();
    const id = await server.create();
    expect((await server.post(`/api/sessions/${id}/state`, body)).status).toBe(400);
    expect((await server.session(id)).state_history).toEqual([]);
  });
});

describe('life and death', () => {
  it('shows the last heartbeat, suspends without one and resumes with the next', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const beat = () => server.ask(`/api/sessions/${id}/heartbeat`, { method: 'POST' });
    expect((await beat()).text).toBe('{"success":true}\n');
    server.pass(61);
    expect(await server.session(id)).toMatchObject({
      last_heartbeat: start,
      active: false,
      suspended: true,
    });
    await beat();
    expect(await server.session(id)).toMatchObject({ active: true, suspended: false });
  });

  it('ends once: later ends and crashes answer 200 and change nothing', async () => {
    const server = await Harness.start();
    const id = await server.create();
    for (const what of ['end', 'end', 'crash']) {
      const { status, text } = await server.ask(`/api/sessions/${id}/${what}`, { method: 'POST' });
      expect([status, text]).toEqual([200, '{"success":true}\n']);
      server.pass(5);
    }
    expect(await server.session(id)).toMatchObject({
      ended_at: start,
      active: false,
      crashed: false,
      events: [],
    });
  });

  it.each([
    ['no body', undefined, 'abnormal_termination'],
    ['broken JSON', '{', 'abnormal_termination'],
    ['a reason', '{"reason":"parent_process_terminated"}', 'parent_process_terminated'],
    ['a body without reason', '{}', ''],
  ])('records a crash with %s, and stays hung', async (_name, body, reason) => {
    const server = await Harness.start();
    const id = await server.create();
    await server.post(`/api/sessions/${id}/events`, { name: 'application_appears_hung' });
    expect((await server.session(id)).hung).toBe(true);
    const { status } = await server.ask(`/api/sessions/${id}/crash`, { method: 'POST', body });
    expect(status).toBe(200);
    const session = await server.session(id);
    expect(session).toMatchObject({ crashed: true, active: false, hung: true, ended_at: start });
    expect(session.events[1]).toMatchObject({
      name: 'session_crashed_detected',
      category: 'critical',
      data: { reason },
    });
  });

  it('takes data for a session that has ended', async () => {
    const server = await Harness.start();
    const id = await server.create();
    await server.ask(`/api/sessions/${id}/end`, { method: 'POST' });
    await server.post(`/api/sessions/${id}/events`, { name: 'late' });
    await server.post(`/api/sessions/${id}/metrics`, { name: 'm', value: 1 });
    const { events, metrics } = await server.session(id);
    expect([events.length, metrics.length]).toEqual([1, 1]);
  });

  it('leaves one recovery per hang when a heartbeat notices first', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const events = `/api/sessions/${id}/events`;
    await server.post(events, { name: 'application_appears_hung' });
    await server.ask(`/api/sessions/${id}/heartbeat`, { method: 'POST' });
    await server.post(events, { name: 'application_recovered' });
    const session = await server.session(id);
    expect(session.hung).toBe(false);
    expect(session.events.map((event: { name: string }) => event.name)).toEqual([
      'application_appears_hung',
      'application_recovered',
    ]);
  });
});

describe('all sessions', () => {
  it('is an array of full sessions, empty when there are none', async () => {
    const server = await Harness.start();
    expect((await server.ask('/api/data/sessions')).text).toBe('[]\n');
    const ids = [await server.create(), await server.create(), await server.create()];
    await server.post(`/api/sessions/${ids[1]}/metrics`, { name: 'm', value: 1 });
    const { json } = await server.ask('/api/data/sessions');
    expect(json.map((session: { id: string }) => session.id)).toEqual(ids);
    expect(json[1]).toEqual(await server.session(ids[1] as string));
  });
});

describe('health', () => {
  it('says healthy, with store and counters, and 503 when the store refuses writes', async () => {
    const { openMemory } = await import('../store/memory.ts');
    const { TachoError } = await import('@tacho/protocol');
    let refuse = (): void => undefined;
    const server = await Harness.start({}, async (options) => {
      const store = openMemory(options);
      refuse = () => store.refuse(new TachoError('disk_full', 'No space left'));
      return store;
    });
    server.pass(90);
    const { status, json } = await server.ask('/health');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      status: 'healthy',
      service: 'tacho',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      uptime_seconds: 90,
      store: { writable: true },
    });
    refuse();
    const sick = await server.ask('/health');
    expect([sick.status, sick.json.status]).toEqual([503, 'unhealthy']);
    expect(sick.json.store.problem).toBe('No space left');
  });

  it('counts every entry once: received = stored + duplicate + pending + rejected', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const path = `/api/sessions/${id}/metrics`;
    await server.post(path, { name: 'm', value: 1 });
    await server.post(path, [{ name: 'm', value: 1 }, { name: 'm' }, { name: 'm', value: 2 }]);
    await server.post(path, [{ name: '' }]);
    const twice = { 'idempotency-key': 'k' };
    await server.post(path, { name: 'm', value: 3 }, twice);
    await server.post(path, { name: 'm', value: 3 }, twice);
    server.appendGate = () => Promise.reject(new Error('broken'));
    expect((await server.post(path, { name: 'm', value: 4 })).status).toBe(500);
    const { entries, requests } = await server.counters();
    expect(entries).toEqual({
      received: 9,
      stored: 5,
      duplicate: 1,
      pending: 0,
      rejected: { invalid_field: 2, internal: 1 },
    });
    expect(requests.failed).toEqual({ invalid_body: 1, internal: 1 });
  });
});

describe('paths and methods', () => {
  it.each([
    ['PUT', '/api/sessions', 'GET, HEAD, POST'],
    ['PUT', `/api/sessions/${minted}`, 'DELETE, GET, HEAD'],
    ['PUT', `/api/sessions/${minted}/metrics`, 'GET, HEAD, POST'],
    ['GET', `/api/sessions/${minted}/heartbeat`, 'POST'],
    ['GET', `/api/sessions/${minted}/heartbeat/?x=1`, 'POST'],
    ['OPTIONS', `/api/sessions/${minted}/end`, 'POST'],
    ['POST', '/api/data/sessions', 'GET, HEAD'],
    ['GET', '/api/ingest', 'POST'],
    ['POST', '/health', 'GET, HEAD'],
  ])('%s %s is 405 and says what is allowed', async (method, path, allow) => {
    const server = await Harness.start();
    const { status, json, headers } = await server.ask(path, { method });
    expect([status, json.code, headers.allow]).toEqual([405, 'method_not_allowed', allow]);
  });

  it.each([
    '/',
    '/api',
    '/api/sessions/550e8400/unknown',
    '/api/sessions/550e8400/metrics/x',
    '/x?y',
  ])('%s is 404', async (path) => {
    const server = await Harness.start();
    const { status, json } = await server.ask(path);
    expect([status, json.code]).toEqual([404, 'not_found']);
  });

  it('tells a bad body before an unknown session', async () => {
    const server = await Harness.start();
    for (const what of ['state', 'events', 'metrics']) {
      const bad = await server.post(`/api/sessions/${minted}/${what}`, '[1');
      const good = await server.post(`/api/sessions/${minted}/${what}`, { name: 'x', value: 1 });
      expect([bad.status, good.status]).toEqual([400, 404]);
    }
  });
});

describe('the cause of an end', () => {
  it('is taken with an end and a crash, alone and in batches, and shown with the session', async () => {
    const harness = await Harness.start();
    const ids = ['0', '1', '2'].map((n) => `5e55100${n}-5555-4555-8555-555555555555`);
    for (const id of ids) {
      await harness.post('/api/sessions', { id, product: 'P', version: '1' });
    }
    const killed = { kind: 'signaled', signal: 'SIGSEGV', resources: { rss_bytes: 512 } };
    await harness.post(`/api/sessions/${ids[0]}/end`, { cause: { kind: 'exited', exit_code: 0 } });
    await harness.post(`/api/sessions/${ids[1]}/crash`, { reason: 'r', cause: killed });
    const crash = { kind: 'crash', session: ids[2], reason: 'r', cause: { kind: 'failed' } };
    await harness.post('/api/ingest', { spoolId: 's', seq: 1, entries: [crash] });
    const causes = await Promise.all(
      ids.map(async (id) => (await harness.ask(`/api/sessions/${id}`)).json.cause),
    );
    expect(causes[0]).toMatchObject({ kind: 'exited', exit_code: 0 });
    expect(causes[1]).toMatchObject({ ...killed, sentence: expect.stringContaining('SIGSEGV') });
    expect(causes[2]).toMatchObject({ kind: 'failed' });
    const { json } = await harness.ask('/api/sessions?cause=signaled');
    expect(json.sessions).toMatchObject([{ id: ids[1], cause: causes[1] }]);
  });
});
