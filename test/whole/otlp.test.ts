/** The SDK of OpenTelemetry, unchanged, sends to a server: every instrument, both temporalities, a retry. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TachoError } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { Harness, type Json } from '../../packages/server/src/http/testing/harness.ts';

const sender = fileURLToPath(new URL('./otlp-sender.ts', import.meta.url));

async function sendFrom(port: number, ...args: string[]): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  await promisify(execFile)(process.execPath, ['--import', 'tsx', sender, url, ...args]);
}

/** The session that the sender made; the clock of the server is that of the sender. */
async function recorded(server: Harness): Promise<Json> {
  const all = (await server.ask('/api/data/sessions')).json;
  expect(all).toHaveLength(1);
  return all[0];
}

async function started(): Promise<Harness> {
  const server = await Harness.start();
  server.nowUs = Date.now() * 1000;
  return server;
}

const scope = 'otel.scope.name:till.meter';

/** Values of a metric in their order; of a histogram its metadata. */
function valuesOf(session: Json, name: string) {
  return session.metrics
    .filter((metric: Json) => metric.name === name)
    .map(({ value, metadata }: Json) => metadata ?? value);
}

describe('the SDK of OpenTelemetry', () => {
  it.each([
    ['json', 'cumulative', 'none'],
    ['proto', 'delta', 'gzip'],
    ['json', 'delta', 'gzip'],
    ['proto', 'cumulative', 'none'],
  ])('records every instrument in %s, %s, %s', async (...how) => {
    const server = await started();
    await sendFrom(server.port, ...how);
    const session = await recorded(server);
    expect(session.state).toMatchObject({
      ...{ product: 'till', version: '2.4.0' },
      resource: { 'service.instance.id': 'till-3', 'deployment.environment.name': 'test' },
    });
    expect(session).toMatchObject({ machine_id: 'machine-3', hostname: 'shop-3', active: false });
    const first = (name: string) => session.metrics.find((metric: Json) => metric.name === name);
    expect(first('sales')).toMatchObject({
      ...{ type: 'counter', unit: 'sale' },
      tags: ['till:A', 'paid:true', 'parts:[1,2]', scope],
    });
    expect(valuesOf(session, 'sales')).toEqual([3, 6]);
    expect(first('carts.open')).toMatchObject({ type: 'gauge', tags: [scope] });
    expect(valuesOf(session, 'carts.open')).toEqual([5, 3]);
    expect(first('cpu.utilization')).toMatchObject({ type: 'gauge', unit: 'ratio' });
    expect(valuesOf(session, 'cpu.utilization')).toEqual([0.25, 0.5]);
    expect(first('cpu.time')).toMatchObject({ type: 'counter', unit: 'seconds' });
    expect(valuesOf(session, 'cpu.time')).toEqual([1.5, 3]);
    expect(valuesOf(session, 'queue.length')).toEqual([9, 8]);
    expect(first('temperature')).toMatchObject({ type: 'gauge', unit: 'celsius' });
    expect(first('payment.duration')).toMatchObject({ type: 'histogram', unit: 'milliseconds' });
    expect(valuesOf(session, 'payment.duration')[1]).toEqual({
      buckets: [
        { le: 1, count: 2 },
        { le: 10, count: 4 },
        { le: 100, count: 6 },
        { le: '+Inf', count: 8 },
      ],
      ...{ sum: 1111, count: 8, min: 0.5, max: 500 },
    });
    expect(first('payload.size')).toMatchObject({ type: 'histogram', unit: 'bytes' });
    expectSizes(valuesOf(session, 'payload.size')[1]);
    expectEvents(session.events);
  });

  it('sends again after a 503, and every increase counts once', async () => {
    const server = await started();
    let refusals = 2;
    server.appendGate = async () => {
      if (refusals-- <= 0) return;
      throw new TachoError('overloaded', 'Too much at once', { retryAfterSeconds: 1 });
    };
    await sendFrom(server.port, 'proto', 'delta', 'none');
    const session = await recorded(server);
    expect(refusals).toBeLessThan(0);
    expect(valuesOf(session, 'sales')).toEqual([3, 6]);
    expect(session.events).toHaveLength(3);
  });
});

/** Sizes 0, 100, 1000, 1000, 0, 100, 1000, 2000: each lies within its bucket, which is narrow. */
function expectSizes({ buckets, ...rest }: Json): void {
  expect(rest).toEqual({ sum: 5200, count: 8, min: 0, max: 2000 });
  const below = (bound: number) =>
    buckets.filter(({ le }: Json) => le !== '+Inf' && le < bound).at(-1);
  const upTo = (bound: number) => buckets.find(({ le }: Json) => le !== '+Inf' && le >= bound);
  for (const [size, lower, count] of [
    [100, 2, 4],
    [1000, 4, 7],
    [2000, 7, 8],
  ] as const) {
    expect(below(size).count).toBe(lower);
    expect(upTo(size).count).toBe(count);
    expect(upTo(size).le / below(size).le).toBeLessThan(1.1);
  }
}

function expectEvents(events: Json): void {
  expect(events).toMatchObject([
    {
      ...{ name: 'log', level: 'warning', message: 'slow payment', group: 'till.payments' },
      data: { ms: 900 },
    },
    {
      ...{ name: 'payment_failed', level: 'error', message: '{"order":1041}' },
      ...{
        exception_type: 'CardError',
        exception_msg: 'declined',
        data: { body: { order: 1041 } },
      },
      stacktrace: ['CardError: declined', '    at pay (till.js:7:3)'],
    },
    { name: 'session.end', level: 'info' },
  ]);
}
