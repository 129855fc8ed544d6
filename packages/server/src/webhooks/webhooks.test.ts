/** Webhooks over HTTP: what is told of what happened, signed, once, and again when it did not arrive. */
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { routes } from '@tacho/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../http/testing/certificate.ts';
import { expectReply, run, runs } from '../http/testing/fleet.ts';
import { Harness, type Json } from '../http/testing/harness.ts';
import { expectSigned, receive } from './testing.ts';

/** A server that looks and sends without a wait, as far as the test moves its clock. */
async function start(): Promise<Harness> {
  return Harness.start({ sweepIntervalMs: 20 });
}

async function make(server: Harness, rule: Record<string, unknown>): Promise<Json> {
  const answer = await server.post('/api/webhooks', { name: 'on call', ...rule });
  expect(answer.status, answer.text).toBe(201);
  expectReply(routes.createWebhook.reply.schema, answer.json);
  return answer.json;
}

async function deliveriesOf(server: Harness, id: string): Promise<Json[]> {
  const { json } = await server.ask(`/api/webhooks/${id}/deliveries`);
  expectReply(routes.listDeliveries.reply.schema, json);
  return json.deliveries;
}

describe('a webhook', () => {
  it('tells of a crash once, signed as Standard Webhooks has it', async () => {
    const [server, receiver] = [await start(), await receive()];
    await run(server, { ending: 'crash' });
    server.pass(60);
    const hook = await make(server, { url: receiver.url, on: ['crash'] });
    const id = await run(server, { product: 'shop', version: '2.0', ending: 'crash' });
    const [arrival] = await receiver.arrived(1);
    expectSigned(arrival!, hook.secret);
    expect(arrival!.headers['content-type']).toBe('application/json');
    expect(arrival!.json).toMatchObject({
      id: arrival!.headers['webhook-id'],
      type: 'session.crashed',
      summary: 'shop 2.0 crashed: SIGSEGV',
      webhook: { id: hook.id, name: 'on call' },
      data: { session: id, product: 'shop', version: '2.0', path: `/api/sessions/${id}` },
    });
    // Said again, and more of the same session: no news.
    await server.post(`/api/sessions/${id}/crash`, { reason: 'SIGSEGV' });
    const other = await run(server, { ending: 'crash' });
    await receiver.arrived(2);
    expect(receiver.arrivals.map(({ json }) => json.data.session)).toEqual([id, other]);
    await expect
      .poll(async () => (await deliveriesOf(server, hook.id)).map(({ state }) => state))
      .toEqual(['delivered', 'delivered']);
  });

  it('tells of hangs and of new exceptions, of its products only', async () => {
    const [server, receiver] = [await start(), await receive()];
    const thrown = { level: 'error', name: 'boom', exception_type: 'Oops', exception_msg: 'no' };
    await run(server, { product: 'shop', events: [thrown] });
    server.pass(60);
    await make(server, { url: receiver.url, on: ['hang', 'exception'], products: ['shop'] });
    const hang = { name: 'application_appears_hung' };
    await run(server, { product: 'other', events: [{ ...thrown, exception_type: 'New' }, hang] });
    await run(server, { product: 'shop', events: [thrown] });
    const id = await run(server, { product: 'shop', events: [hang], ending: 'none' });
    await receiver.arrived(1);
    await run(server, { product: 'shop', events: [{ ...thrown, exception_type: 'Worse' }] });
    await run(server, { product: 'shop', events: [{ ...thrown, exception_type: 'Worse' }] });
    await receiver.arrived(2);
    expect(receiver.arrivals.map(({ json }) => [json.type, json.summary])).toEqual([
      ['session.hung', 'shop 1.0 hangs'],
      ['exception.new', 'New exception in shop: Worse: no'],
    ]);
    expect(receiver.arrivals[0]!.json.data.session).toBe(id);
  });

  it('tells what a version is worse in than the one before, each of it once', async () => {
    const [server, receiver] = [await start(), await receive()];
    await make(server, { url: receiver.url, on: ['regression', 'hang'] });
    await runs(server, 60, { product: 'shop', version: '1' });
    await runs(server, 40, { product: 'shop', version: '2', ending: 'crash' });
    server.pass(301);
    const [arrival] = await receiver.arrived(1);
    expect(arrival!.json).toMatchObject({
      type: 'release.regressed',
      data: { product: 'shop', base: '1', version: '2' },
    });
    const told = () => receiver.arrivals.map(({ json }) => json.data.sentence.slice(0, 24));
    await expect.poll(told).toContain('Sessions without a crash');
    await runs(server, 5, { product: 'shop', version: '2', ending: 'crash' });
    server.pass(301);
    const before = receiver.arrivals.length;
    // What is told of one look is told together: behind the hang nothing of it is to come.
    await run(server, { product: 'other', events: [{ name: 'application_appears_hung' }] });
    await receiver.arrived(before + 1);
    expect(receiver.arrivals.slice(before).map(({ json }) => json.type)).toEqual(['session.hung']);
  }, 30_000);

  it('tells when a metric goes beyond its bound, and when it comes back', async () => {
    const [server, receiver] = [await start(), await receive()];
    const metric = { name: 'frame_time_ms', fn: 'p95', above: 50, window: '1m', samples_min: 3 };
    const hook = await make(server, { url: receiver.url, on: ['metric'], metric });
    const id = await server.create();
    const say = (...values: number[]) =>
      server.post(
        `/api/sessions/${id}/metrics`,
        values.map((value) => ({ name: 'frame_time_ms', value })),
      );
    const isBreached = async () => (await server.ask(`/api/webhooks/${hook.id}`)).json.breached;
    await say(100, 100);
    server.pass(11);
    await say(100);
    server.pass(11);
    await receiver.arrived(1);
    expect(await isBreached()).toBe(true);
    server.pass(100);
    await say(10, 11, 12);
    server.pass(11);
    await receiver.arrived(2);
    expect(receiver.arrivals.map(({ json }) => [json.type, json.summary])).toEqual([
      ['metric.breached', 'p95 of frame_time_ms over 1m is 100, above 50'],
      ['metric.recovered', expect.stringMatching(/over 1m is 1\d\S*, within its bounds again$/)],
    ]);
    expect(await isBreached()).toBe(false);
  });

  it('sends again what did not arrive, later each time, under the same id and signed anew', async () => {
    const server = await start();
    const receiver = await receive((_, response, count) => {
      if (count === 1) return 500;
      if (count === 2) response.destroy();
      return count === 2 ? undefined : 200;
    });
    const hook = await make(server, { url: receiver.url, on: ['crash'] });
    await run(server, { ending: 'crash' });
    await receiver.arrived(1);
    const triesOf = async () => (await deliveriesOf(server, hook.id))[0]?.tries;
    await expect.poll(triesOf).toBe(1);
    server.pass(2);
    await receiver.arrived(2);
    await expect.poll(triesOf).toBe(2);
    server.pass(6);
    await receiver.arrived(3);
    await expect.poll(triesOf).toBe(3);
    const [delivery] = await deliveriesOf(server, hook.id);
    expect(delivery.state).toBe('delivered');
    expect(delivery.attempts.map(({ status, error }: Json) => [status, error])).toEqual([
      [500, 'status 500'],
      [null, expect.stringMatching(/ECONNRESET|hang up/)],
      [200, null],
    ]);
    expect(new Set(receiver.arrivals.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.arrivals.map(({ body }) => body)).size).toBe(1);
    for (const arrival of receiver.arrivals) expectSigned(arrival, hook.secret);
  });

  it('gives up after the last try, and says of every one why it failed', async () => {
    const server = await start();
    const receiver = await receive((_, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
      return undefined;
    });
    const hook = await make(server, { url: receiver.url, on: ['crash'] });
    await run(server, { ending: 'crash' });
    for (let tries = 1; tries <= 9; tries++) {
      await receiver.arrived(tries);
      const triesOf = async () => (await deliveriesOf(server, hook.id))[0]?.tries;
      await expect.poll(triesOf).toBe(tries);
      server.pass(24_000);
    }
    const [delivery] = await deliveriesOf(server, hook.id);
    expect(delivery).toMatchObject({ state: 'failed', next_at: null, tries: 9 });
    expect(delivery.attempts.at(-1).error).toBe('status 302: redirects are not followed');
  }, 30_000);

  it('has the shape that Slack takes, in which what a program says is no markup', async () => {
    const [server, receiver] = [await start(), await receive()];
    const hook = await make(server, { url: receiver.url, on: ['crash'], format: 'slack' });
    const id = await run(server, { product: 'a<!here>', ending: 'crash', reason: 'x & <y>' });
    const [arrival] = await receiver.arrived(1);
    const text = '🔴 a&lt;!here&gt; 1.0 crashed: x &amp; &lt;y&gt;';
    expect(arrival!.json).toEqual({
      text,
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text } },
        {
          type: 'context',
          elements: [
            {
              type: 'mrkdwn',
              text: `session: ${id} · product: a&lt;!here&gt; · version: 1.0 · Tacho, on call`,
            },
          ],
        },
      ],
    });
    expectSigned(arrival!, hook.secret);
  });

  it('is tried by a test, whose answer says what came of it, also of a certificate', async () => {
    const [server, receiver] = [await start(), await receive()];
    const hook = await make(server, { url: receiver.url, on: ['crash'] });
    const { json } = await server.post(`/api/webhooks/${hook.id}/test`, undefined);
    expectReply(routes.testWebhook.reply.schema, json);
    expect(json).toMatchObject({ type: 'test', state: 'delivered', tries: 1 });
    expect(receiver.arrivals[0]!.json.type).toBe('test');

    const tls = createTlsServer(certificate, (_, response) => response.end());
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void tls.close());
    const { port } = tls.address() as AddressInfo;
    const url = `https://localhost:${port}/`;
    expect((await server.post(`/api/webhooks/${hook.id}`, { url })).status).toBe(200);
    const failed = (await server.post(`/api/webhooks/${hook.id}/test`, undefined)).json;
    expect(failed.state).toBe('failed');
    expect(failed.attempts[0].error).toMatch(/self.signed certificate/i);
    expect((await deliveriesOf(server, hook.id)).map(({ state }) => state).sort()).toEqual([
      'delivered',
      'failed',
    ]);
  });

  it('is listed without its secret, changed in part, and told nothing more when it is off or gone', async () => {
    const [server, receiver] = [await start(), await receive()];
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const hook = await make(server, { url: receiver.url, on: ['hang', 'crash'], secret });
    expect(hook).toMatchObject({ secret, on: ['crash', 'hang'], format: 'json', metric: null });
    const list = await server.ask('/api/webhooks');
    expectReply(routes.listWebhooks.reply.schema, list.json);
    expect(list.json.webhooks).toHaveLength(1);
    const off = await server.post(`/api/webhooks/${hook.id}`, { enabled: false, name: 'off' });
    expect(off.json).toMatchObject({ enabled: false, name: 'off', on: ['crash', 'hang'] });
    for (const { text } of [list, off]) expect(text).not.toContain('whsec_');
    await run(server, { ending: 'crash' });
    server.pass(60);
    await server.post(`/api/webhooks/${hook.id}`, { enabled: true });
    const id = await run(server, { ending: 'crash' });
    const [arrival] = await receiver.arrived(1);
    expect(arrival!.json.data.session).toBe(id);
    expectSigned(arrival!, secret);
    expect(server.logged.join('')).not.toContain('whsec_');
    expect((await server.ask(`/api/webhooks/${hook.id}`, { method: 'DELETE' })).status).toBe(200);
    const gone = await server.post(`/api/webhooks/${hook.id}/test`, undefined);
    expect([gone.status, gone.json.code]).toEqual([404, 'webhook_not_found']);
  });

  it('tells a hundred crashes of an hour one by one, and how many more there were', async () => {
    const [server, receiver] = [await start(), await receive()];
    const hook = await make(server, { url: receiver.url, on: ['crash'] });
    await runs(server, 130, { ending: 'crash', seconds: 0 });
    await receiver.arrived(100);
    const heldBack = async () => (await server.ask(`/api/webhooks/${hook.id}`)).json.held_back;
    await expect.poll(heldBack, { timeout: 10_000 }).toBe(30);
    server.pass(3_700);
    await receiver.arrived(101);
    const last = receiver.arrivals.find(({ json }) => json.type === 'messages.held_back');
    expect(last!.json.data.held_back).toBe(30);
    expect(await heldBack()).toBe(0);
  }, 30_000);
});
