/** Prometheus remote write over HTTP: what is stored of it, what is answered, and what is broken. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { integer, randomFrom, seedOfRun } from '../../../../test/whole/random.ts';
import { readSeries } from '../doors/remote-write/series.ts';
import { Targets } from '../doors/remote-write/targets.ts';
import { readWriteRequest } from '../doors/remote-write/write-request.ts';
import { Harness, type Json, startUs } from './testing/harness.ts';
import {
  compressed,
  encodeWriteRequest,
  type WriteRequestParts,
  writeHeaders,
} from './testing/write-request.ts';

const nowMs = startUs / 1000;
const till = { job: 'till', instance: 'till-3:9100' };

async function sessions(server: Harness): Promise<Json[]> {
  return (await server.ask('/api/data/sessions')).json;
}

async function account(server: Harness): Promise<Json> {
  const { doors } = (await server.ask('/api/doors')).json;
  return doors.find(({ name }: Json) => name === 'prometheus');
}

function write(server: Harness, parts: WriteRequestParts, headers = {}) {
  const body = compressed(encodeWriteRequest(parts));
  return server.ask('/api/v1/write', {
    method: 'POST',
    body,
    headers: { ...writeHeaders, ...headers },
  });
}

/** A series with one sample. */
function one(name: string, value: number, labels: Record<string, string> = till) {
  return { labels: { __name__: name, ...labels }, samples: [[value, nowMs] as [number, number]] };
}

describe('remote write', () => {
  it('makes sessions of targets, and series of their samples, in any order', async () => {
    const server = await Harness.start();
    const requests = { __name__: 'http_requests_total', ...till, code: '200', empty: '' };
    const samples: [number, number][] = [
      [3, nowMs + 1],
      [2, nowMs],
    ];
    const answer = await write(server, {
      series: [{ labels: requests, samples }, one('up', Number.NaN, { job: 'job', instance: 'x' })],
    });
    expect([answer.status, answer.text]).toEqual([204, '']);
    const found = await sessions(server);
    const session = found.find(({ state }) => state.product === 'till');
    expect(session).toMatchObject({ hostname: 'till-3', state: { version: 'unknown' } });
    expect(session.metrics.map(({ value, timestamp }: Json) => [value, timestamp])).toEqual([
      [2, '2026-01-01T00:00:00.000Z'],
      [3, '2026-01-01T00:00:00.001Z'],
    ]);
    expect(session.metrics[0]).toMatchObject({
      ...{ name: 'http_requests_total', type: 'counter', tags: ['code:200'] },
    });
    const other = found.find(({ state }) => state.product === 'job');
    expect(other).toMatchObject({ hostname: 'x', metrics: [{ name: 'up', value: 'NaN' }] });
    expect(await account(server)).toMatchObject({ sessions: 2, stored: 3, refused: [] });
  });

  it('knows types and units by what is said of a family, and else by the name', async () => {
    const server = await Harness.start();
    const names = [
      'a_total',
      'b_seconds_sum',
      'b_seconds_count',
      'b_seconds_bucket',
      'cpus_count',
      'odd',
      'b_seconds',
    ];
    await write(server, {
      metadata: [
        { type: 2, family: 'cpus_count', unit: 'cores' },
        { type: 1, family: 'odd' },
        { type: 5, family: 'b_seconds', unit: 'seconds' },
      ],
    });
    expect(await account(server)).toMatchObject({ stored: 0, refused: [] });
    await write(server, { series: names.map((name) => one(name, 1)) });
    const [session] = await sessions(server);
    const kinds = session.metrics.map(({ name, type, unit }: Json) => [name, type, unit]);
    expect(kinds.sort()).toEqual([
      ['a_total', 'counter', undefined],
      ['b_seconds', 'gauge', 'seconds'],
      ['b_seconds_bucket', 'counter', undefined],
      ['b_seconds_count', 'counter', 'count'],
      ['b_seconds_sum', 'counter', 'seconds'],
      ['cpus_count', 'gauge', 'cores'],
      ['odd', 'counter', undefined],
    ]);
  });

  it.each<[string, Record<string, string>[], string[]]>([
    ['service_version', [{ __name__: 'up', service_version: '2.4.0' }], ['2.4.0']],
    [
      'a build_info',
      [{ __name__: 'up' }, { __name__: 'till_build_info', version: '2.4.0' }],
      ['2.4.0'],
    ],
    [
      'a label that all have',
      [
        { __name__: 'up', version: '2.4.0' },
        { __name__: 'go_info', version: '2.4.0' },
      ],
      ['2.4.0'],
    ],
    [
      'a label of two releases',
      [
        { __name__: 'up', version: '1' },
        { __name__: 'up', version: '2' },
      ],
      ['1', '2'],
    ],
    [
      'no label that only some have',
      [{ __name__: 'api_total', version: 'v1' }, { __name__: 'up' }],
      ['unknown'],
    ],
    [
      'no label of an info',
      [{ __name__: 'go_info', version: 'go1.24' }, { __name__: 'up' }],
      ['unknown'],
    ],
  ])('takes the version of %s', async (_what, labels, versions) => {
    const server = await Harness.start();
    const series = labels.map((each) => one(each.__name__ as string, 1, { ...till, ...each }));
    expect((await write(server, { series })).status).toBe(204);
    const found = (await sessions(server)).map(({ state }) => state.version);
    expect(found.sort()).toEqual(versions);
  });

  it('keeps in the state what info metrics say, and the session that a label names', async () => {
    const server = await Harness.start();
    const session = '5e551000-0000-4000-8000-00000000000d';
    const info = one('go_info', 1, { ...till, session, version: 'go1.24' });
    await write(server, { series: [info, one('up', 1, { ...till, session })] });
    const found = await server.session(session);
    expect(found.state).toMatchObject({ prometheus: { go_info: { version: 'go1.24' } } });
    expect(found.metrics).toHaveLength(2);
  });

  it('leaves out stale markers, which are no values', async () => {
    const server = await Harness.start();
    const stale = Uint8Array.from([2, 0, 0, 0, 0, 0, 0xf0, 0x7f]);
    const nan = Uint8Array.from([1, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
    const labels = { __name__: 'up', ...till };
    await write(server, {
      series: [
        {
          labels,
          samples: [
            [nan, nowMs],
            [stale, nowMs],
          ],
        },
      ],
    });
    const [{ metrics }] = await sessions(server);
    expect(metrics.map(({ value }: Json) => value)).toEqual(['NaN']);
    expect(await account(server)).toMatchObject({ stored: 1, refused: [] });
  });

  it('stores what is good, and says what was dropped so that it is not sent again', async () => {
    const server = await Harness.start();
    const answer = await write(server, {
      series: [
        one('up', 1),
        one('', 1),
        {
          labels: { __name__: 'up', ...till },
          samples: [
            [1, -1],
            [2, nowMs],
          ],
          exemplars: 2,
          histograms: 1,
        },
        one('up', 1, { job: 'x'.repeat(201) }),
        one('up', 1, { ...till, long: 'x'.repeat(500) }),
      ],
    });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'invalid_field' });
    expect(answer.json.details).toMatch(
      /^5 samples were dropped, all others are stored: a series: /,
    );
    const { stored, refused } = await account(server);
    expect(stored).toBe(2);
    expect(refused.map(({ reason, count }: Json) => [reason, count])).toEqual([
      ['invalid_field', 4],
      ['native_histogram', 1],
      ['exemplar', 2],
    ]);
  });

  it('answers bodies that are none as the documentation says', async () => {
    const page = readFileSync(
      new URL('../../../../docs/prometheus-remote-write.md', import.meta.url),
      'utf8',
    );
    const rows = [...page.matchAll(/^\| (.*) \| (\d{3}) \| `(.*)` \|$/gm)].map((row) =>
      row.slice(1),
    );
    const good = encodeWriteRequest({ series: [one('up', 1)] });
    const server = await Harness.start({ expandedBodyBytesMax: 1_000 });
    const cases: Record<string, [Buffer, Record<string, string>]> = {
      'not compressed with snappy': [good, {}],
      'compressed with gzip': [gzipSync(good), { 'content-encoding': 'gzip' }],
      'another content type': [compressed(good), { 'content-type': 'text/plain' }],
      'remote write 2.0': [
        compressed(good),
        { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request' },
      ],
      'no protobuf': [compressed(Buffer.from('go_goroutines 5\n')), {}],
      'a message that is cut': [compressed(good.subarray(0, -3)), {}],
      'larger than it may be': [compressed(Buffer.alloc(1_001)), {}],
      'a series without a name': [compressed(encodeWriteRequest({ series: [one('', 1)] })), {}],
      'a native histogram': [
        compressed(
          encodeWriteRequest({ series: [{ labels: { __name__: 'h', ...till }, histograms: 1 }] }),
        ),
        {},
      ],
      'a sample of 1969': [
        compressed(
          encodeWriteRequest({
            series: [{ labels: { __name__: 'up', ...till }, samples: [[1, -1]] }],
          }),
        ),
        {},
      ],
    };
    const answers = [];
    for (const [what, [body, headers]] of Object.entries(cases)) {
      const answer = await server.ask('/api/v1/write', {
        method: 'POST',
        body,
        headers: { ...writeHeaders, ...headers },
      });
      answers.push([
        what,
        String(answer.status),
        answer.status === 204 ? 'stored' : answer.json.details,
      ]);
    }
    expect(answers).toEqual(rows);
  });

  it('answers 503 with Retry-After, and 500, for what is to be sent again', async () => {
    const server = await Harness.start();
    server.appendGate = () => Promise.reject(new Error('no disk'));
    const answer = await write(server, { series: [one('up', 1)] });
    expect([answer.status, answer.json.code]).toEqual([500, 'internal']);
    expect((await account(server)).refused).toMatchObject([{ reason: 'internal', count: 1 }]);
  });

  it('reads or refuses 50,000 broken messages, and every sample in them is accounted for', () => {
    const seed = seedOfRun();
    const random = randomFrom(seed);
    const whole = encodeWriteRequest({
      series: [
        one('up', 1),
        { ...one('go_info', 1, { ...till, version: '1' }), exemplars: 1, histograms: 1 },
      ],
      metadata: [{ type: 1, family: 'up', unit: 's' }],
    });
    const targets = new Targets();
    let read = 0;
    for (let i = 0; i < 50_000; i++) {
      const message = Buffer.from(whole);
      for (let left = integer(random, 1, 3); left > 0; left--) {
        message[integer(random, 0, message.length - 1)] = integer(random, 0, 255);
      }
      try {
        const request = readWriteRequest(message);
        const { said, refused } = readSeries(request, targets, startUs);
        const total = request.series.reduce((sum, { samples, exemplars, histograms }) => {
          return sum + samples.filter(({ isStale }) => !isStale).length + exemplars + histograms;
        }, 0);
        const stored = said.reduce((sum, { metrics }) => sum + metrics.length, 0);
        const dropped = refused.reduce((sum, { count }) => sum + count, 0);
        // A series without samples is refused as one thing.
        const empty = request.series.filter(({ samples }) => samples.length === 0).length;
        const all = stored + dropped;
        if (all < total || all > total + empty)
          throw new Error(`${all} of ${total} are accounted for`);
        read++;
      } catch (error) {
        if ((error as Json).code !== 'invalid_body') expect.fail(`TEST_SEED=${seed}: ${error}`);
      }
    }
    expect(read).toBeGreaterThan(10_000);
  });
});
