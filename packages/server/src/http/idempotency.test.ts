/** Idempotency-Key: a retry gets the first answer and changes nothing. */
import { limits } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { Harness } from './testing/harness.ts';

const key = { 'idempotency-key': 'retry-1' };

describe('a repeated request', () => {
  it.each([
    ['metrics', { name: 'm', value: 1 }],
    ['metrics', [{ name: 'm', value: 1 }, { name: 'm' }]],
    ['events', { name: 'e' }],
    ['state', { a: 1 }],
    ['heartbeat', undefined],
    ['end', undefined],
    ['crash', { reason: 'r' }],
  ])('to %s with %j is answered as before and stored once', async (what, body) => {
    const server = await Harness.start();
    const id = await server.create();
    const path = `/api/sessions/${id}/${what}`;
    const question = { method: 'POST', body, headers: key };
    const first = await server.ask(path, question);
    expect([first.status, first.headers['idempotent-replay']]).toEqual([200, undefined]);
    const after = await server.session(id);
    server.pass(1);
    for (const again of [path, `${path}/`, `${path}?x=1`]) {
      const second = await server.ask(again, question);
      expect([second.status, second.text]).toEqual([200, first.text]);
      expect(second.headers['idempotent-replay']).toBe('true');
    }
    expect(await server.session(id)).toEqual(after);
  });

  it('to create gives the same session, as it was when it was fresh', async () => {
    const server = await Harness.start();
    const body = { product: 'P', version: 'V' };
    const first = await server.post('/api/sessions', body, key);
    await server.post(`/api/sessions/${first.json.id}/state`, { a: 1 });
    const second = await server.post('/api/sessions', body, key);
    expect([second.status, second.text]).toEqual([201, first.text]);
    expect(second.headers['idempotent-replay']).toBe('true');
    expect((await server.ask('/api/data/sessions')).json).toHaveLength(1);
  });

  it('that comes while the first is being stored waits for it', async () => {
    const server = await Harness.start();
    const id = await server.create();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    server.appendGate = () => gate;
    const path = `/api/sessions/${id}/metrics`;
    const before = server.appends;
    const pending = Array.from({ length: 5 }, () =>
      server.post(path, { name: 'm', value: 1 }, key),
    );
    const conflict = await conflictWhilePending(server, path, before);
    expect([conflict.status, conflict.json.code]).toEqual([409, 'idempotency_conflict']);
    expect(server.appends - before).toBe(1);
    open();
    const answers = await Promise.all(pending);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(answers.filter(({ headers }) => headers['idempotent-replay'])).toHaveLength(4);
    expect((await server.session(id)).metrics).toHaveLength(1);
  });

  it('after a failure is a new attempt', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const path = `/api/sessions/${id}/metrics`;
    server.appendGate = () => Promise.reject(new Error('broken'));
    expect((await server.post(path, { name: 'm', value: 1 }, key)).status).toBe(500);
    server.appendGate = undefined;
    const { status, headers } = await server.post(path, { name: 'm', value: 1 }, key);
    expect([status, headers['idempotent-replay']]).toEqual([200, undefined]);
    expect((await server.session(id)).metrics).toHaveLength(1);
  });
});

describe('a key', () => {
  it('that was used for another request is a conflict', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const path = `/api/sessions/${id}/metrics`;
    await server.post(path, { name: 'm', value: 1 }, key);
    const { status, json } = await server.post(path, { name: 'm', value: 2 }, key);
    expect([status, json.code]).toEqual([409, 'idempotency_conflict']);
    expect((await server.session(id)).metrics).toHaveLength(1);
  });

  it('means nothing on another path', async () => {
    const server = await Harness.start();
    const [a, b] = [await server.create(), await server.create()];
    for (const id of [a, b]) {
      await server.post(`/api/sessions/${id}/metrics`, { name: 'm', value: 1 }, key);
      await server.post(`/api/sessions/${id}/events`, { name: 'm', value: 1 }, key);
      const { metrics, events } = await server.session(id);
      expect([metrics.length, events.length]).toEqual([1, 1]);
    }
  });

  it('must not be empty or too long', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const most = limits.idempotencyKeyLengthMax;
    const statuses: number[] = [];
    for (const length of [0, 1, most, most + 1]) {
      const headers = { 'idempotency-key': 'k'.repeat(length) };
      const path = `/api/sessions/${id}/metrics`;
      statuses.push((await server.post(path, { name: 'm', value: 1 }, headers)).status);
    }
    expect(statuses).toEqual([400, 200, 200, 400]);
  });
});

/** Asks with another body until the first request has reached the store. */
async function conflictWhilePending(server: Harness, path: string, before: number) {
  while (server.appends === before) await new Promise(setImmediate);
  return server.post(path, { name: 'other', value: 1 }, key);
}
