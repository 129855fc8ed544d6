/** Contract: samples come back as they were said, in the order of time. */
import { limits, type SeriesKey } from '@tacho/protocol';
import { expect, it } from 'vitest';
import type { SampleDetail } from '../store.ts';
import { type OpenStore, startUs, withStore } from './harness.ts';
import { columns, gauge, rows, sample } from './plan.ts';

const [a, b, c] = [gauge('a'), gauge('b'), gauge('c')];

/** Cases about samples and their series. */
export function sampleCases(open: OpenStore): void {
  orderCases(open);
  valueCases(open);
  detailCases(open);
  seriesCases(open);
}

function orderCases(open: OpenStore): void {
  it(
    'samples are read by time; equal instants by series, then in order of arrival',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      await bench.say(sample(b, 5, 1), sample(a, 5, 2), sample(b, 3, 3), sample(a, 5, 4));
      await bench.say(
        rows([b, 5, 5], [c, 5, 6], [b, 4, 7], [a, 5, 8], [b, 5, 9]),
        columns([5, 5, 1], [c, a], [10, 11, 12], [13, 14, 15]),
      );
      await bench.say(sample(a, 5, 16), sample(c, 9, 17), sample(b, 0, 18));
      // In order of first appearance: b is series 0, a is 1, c is 2.
      const expected = [
        [0, 0, 18],
        [1, 1, 15],
        [2, 1, 12],
        [0, 3, 3],
        [0, 4, 7],
        ...[1, 5, 9].map((value) => [0, 5, value]),
        ...[2, 4, 8, 13, 14, 16].map((value) => [1, 5, value]),
        ...[6, 10, 11].map((value) => [2, 5, value]),
        [2, 9, 17],
      ];
      await bench.holds(async () => {
        const { series, samples } = await bench.session(1);
        expect(series).toEqual([b, a, c]);
        expect(samples).toEqual(expected);
      });
    }),
  );

  it(
    'one sample at a time, rows and columns say the same',
    withStore(open, async (bench) => {
      for (const session of [1, 2, 3]) await bench.say({ session, kind: 'start' });
      const times = [4, 2, 2, 9, 2].map((us) => startUs + us);
      const values = [
        [1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10],
      ];
      const all = [a, b].flatMap((series, k) =>
        times.map((atUs, i) => ({ series, atUs, value: values[k]![i]! })),
      );
      for (const row of all) await bench.say({ session: 1, kind: 'sample', ...row });
      await bench.say({ session: 2, kind: 'samples', rows: all });
      await bench.say({ session: 3, kind: 'columns', timesUs: times, series: [a, b], values });
      await bench.holds(async () => {
        const [one, two, three] = await bench.dump();
        expect(one?.samples).toHaveLength(10);
        expect(two?.samples).toEqual(one?.samples);
        expect(three?.samples).toEqual(one?.samples);
        expect([one, two, three].map((session) => session?.row.samples)).toEqual([10, 10, 10]);
      });
    }),
  );

  it(
    'a series that stands twice among columns has its samples column by column',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      await bench.say(columns([7, 7], [a, b, a], [1, 2], [3, 4], [5, 6]));
      await bench.holds(async () => {
        const { samples } = await bench.session(1);
        expect(samples.map(([series, , value]) => [series, value])).toEqual([
          ...[1, 2, 5, 6].map((value) => [0, value]),
          ...[3, 4].map((value) => [1, value]),
        ]);
      });
    }),
  );
}

/** Values that a careless codec or JSON would change. */
const hardValues = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324, -5e-324],
  ...[Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, Number.EPSILON, 2 ** 53, -(2 ** 53)],
  ...[2 ** 53 - 1, 2 ** 63, 2 ** 64, 1e308, 1e-308, 2.2250738585072014e-308, 0.1, 0.2, 0.3, 1 / 3],
  ...[1e15 + 0.3, 123456.789, -99.99, 1e21, 1e22, 4.35, 2.675, 1.005, Math.PI, -1, 1, 255, 65536],
];

function valueCases(open: OpenStore): void {
  it(
    'every double survives, NaN, the infinities and minus zero too',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const timesUs = hardValues.map((_, i) => i);
      for (const [i, value] of hardValues.entries()) await bench.say(sample(a, i, value));
      await bench.say(columns(timesUs, [b], hardValues));
      await bench.say(...hardValues.map((value, i) => sample(gauge(`alone${i}`), i, value)));
      const expected = hardValues.map((value) =>
        Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value),
      );
      await bench.holds(async () => {
        const { samples } = await bench.session(1);
        const of = (series: number) => samples.filter(([s]) => s === series).map(([, , v]) => v);
        expect(of(0)).toEqual(expected);
        expect(of(1)).toEqual(expected);
        expect(samples.filter(([s]) => s > 1).map(([, , v]) => v)).toEqual(expected);
      });
    }),
  );

  it(
    'instants from 1970 to 2255 survive to the microsecond',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const latestUs = Number.MAX_SAFE_INTEGER;
      const instants = [
        0,
        1,
        999,
        1_000,
        startUs - 1,
        startUs,
        startUs + 1,
        latestUs - 1,
        latestUs,
      ];
      for (const atUs of instants.toReversed()) {
        await bench.say(sample(a, atUs, atUs));
        await bench.say({ session: 1, kind: 'event', event: {}, atUs });
        await bench.say({ session: 1, kind: 'patch', patch: {}, atUs });
      }
      await bench.say(columns(instants, [b], instants));
      await bench.holds(async () => {
        const { samples, events, patches } = await bench.session(1);
        expect(samples.map(([, atUs]) => atUs)).toEqual(instants.flatMap((us) => [us, us]));
        expect(events.map(({ atUs }) => atUs)).toEqual(instants);
        expect(patches.map(({ atUs }) => atUs)).toEqual(instants.toReversed());
      });
    }),
  );
}

function detailCases(open: OpenStore): void {
  it(
    'a sample keeps its count and metadata, wherever it stands',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const metadata = {
        sum: 9007199254740993n,
        le: ['+Inf', null, 0.5],
        '': { ünïcode: '\u0000😀' },
      };
      const details: (SampleDetail | undefined)[] = [
        { count: 0 },
        undefined,
        { metadata },
        { count: 12, metadata: { buckets: [{ le: 1, count: 3 }] } },
        undefined,
      ];
      const detailed = details.map((detail, i) => ({
        ...{ series: i % 2 === 0 ? a : b, atUs: 100 - i, value: i },
        ...(detail === undefined ? {} : { detail }),
      }));
      for (const row of detailed) await bench.say({ session: 1, kind: 'sample', ...row });
      await bench.say({ session: 1, kind: 'samples', rows: detailed });
      await bench.say(columns([100, 99], [a], [7, 8]));
      const texts = [
        '{"count":0}',
        undefined,
        '{"metadata":{"":{"ünïcode":"\\u0000😀"},"le":["+Inf",null,0.5],"sum":9007199254740993}}',
        '{"count":12,"metadata":{"buckets":[{"count":3,"le":1}]}}',
        undefined,
      ];
      await bench.holds(async () => {
        const { samples } = await bench.session(1);
        const found = samples.filter(([, , value]) => value !== 7 && value !== 8);
        const expected = texts.flatMap((text, i) => [
          [i, text],
          [i, text],
        ]);
        expect(found.map(([, , value, detail]) => [value, detail])).toEqual(expected.toReversed());
        expect(samples.length - found.length).toBe(2);
      });
    }),
  );
}

function seriesCases(open: OpenStore): void {
  it(
    'series differ by name, type, unit and set of tags, and keep the order of tags first sent',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const keys: SeriesKey[] = [
        { name: 'q', type: 'gauge', unit: '', tags: [] },
        { name: 'q', type: 'counter', unit: '', tags: [] },
        { name: 'q', type: 'gauge', unit: 's', tags: [] },
        { name: 'q', type: 'gauge', unit: '', tags: ['z:1', 'a:2'] },
        { name: 'q', type: 'gauge', unit: '', tags: ['z:1'] },
        { name: 'q:z', type: 'histogram', unit: '', tags: ['', 'a,b', '"', '\u0000'] },
        { name: '', type: 'timer', unit: '%', tags: ['ключ:значение'] },
      ];
      await bench.say(...keys.map((key, i) => sample(key, i, i)));
      await bench.say(sample(gauge('q', 'a:2', 'z:1', 'a:2'), 10, 3));
      await bench.reopen();
      await bench.say(sample(gauge('q', 'a:2', 'z:1'), 11, 3));
      await bench.holds(async () => {
        const { series, samples } = await bench.session(1);
        expect(series).toEqual(keys);
        expect(samples.map(([index]) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 3, 3]);
      });
    }),
  );

  it(
    'samples of more series than a session may have are kept in the overflow series',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const surplus = 3;
      const many = Array.from({ length: limits.seriesPerSessionMax + surplus }, (_, i) => i);
      await bench.say({
        ...{ session: 1, kind: 'samples' },
        rows: many.map((i) => ({ series: gauge(`s${i}`), atUs: i, value: i })),
      });
      await bench.reopen();
      await bench.say(sample(gauge('one more'), many.length, -1), sample(gauge('s1'), 0, -2));
      await bench.holds(async () => {
        const { row, series, samples } = await bench.session(1);
        expect(row.samples).toBe(many.length + 2);
        expect(series).toHaveLength(limits.seriesPerSessionMax + 1);
        expect(series.at(-1)?.name).toBe('tacho.series_overflow');
        const last = samples.slice(-surplus - 1);
        expect(last.map(([index]) => series[index]?.name)).toEqual(
          Array(surplus + 1).fill('tacho.series_overflow'),
        );
        expect(samples[1]).toEqual([1, 0, -2]);
      });
    }),
  );
}
