/** The laws of merging metrics. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyMetric,
  type Measurement,
  type Metric,
  mergeMetrics,
  metricOf,
  sampleOf,
} from './metric.ts';
import { type MetricType, metricTypes } from './series.ts';

/** Whole numbers, so that sums are exact. */
const measurement = (type: MetricType): fc.Arbitrary<Measurement> =>
  fc.record({
    type: fc.constant(type),
    value: fc.integer({ min: -100, max: 100 }),
    atUs: fc.integer({ min: 0, max: 4 }),
    count: fc.nat(5),
  });
const metrics = (type: MetricType): fc.Arbitrary<Metric> =>
  fc.array(measurement(type), { maxLength: 5 }).map((all) => gather(type, all));

function gather(type: MetricType, all: readonly Measurement[]): Metric {
  return all.map(metricOf).reduce((a, b) => mergeMetrics(a, b), emptyMetric(type));
}

describe.each(metricTypes)('a %s', (type) => {
  it('merges associatively and has the empty metric as identity', () => {
    fc.assert(
      fc.property(metrics(type), metrics(type), metrics(type), (a, b, c) => {
        const left = mergeMetrics(mergeMetrics(a, b), c);
        expect(mergeMetrics(a, mergeMetrics(b, c))).toEqual(left);
        expect(mergeMetrics(a, emptyMetric(type))).toEqual(a);
        expect(mergeMetrics(emptyMetric(type), a)).toEqual(a);
      }),
    );
  });

  it('merges in any order to the same, a gauge as long as instants differ', () => {
    fc.assert(
      fc.property(metrics(type), metrics(type), (a, b) => {
        fc.pre(type !== 'gauge' || a.atUs !== b.atUs);
        expect(mergeMetrics(b, a)).toEqual(mergeMetrics(a, b));
      }),
    );
  });

  it('gathers the same however its measurements were grouped', () => {
    fc.assert(
      fc.property(fc.array(measurement(type), { maxLength: 8 }), fc.nat(8), (all, cut) => {
        const parts = mergeMetrics(gather(type, all.slice(0, cut)), gather(type, all.slice(cut)));
        expect(parts).toEqual(gather(type, all));
      }),
    );
  });

  it('refuses to merge with any other type', () => {
    for (const other of metricTypes) {
      const merge = () => mergeMetrics<Metric>(emptyMetric(type), emptyMetric(other));
      if (other === type) expect(merge).not.toThrow();
      else expect(merge).toThrow(TypeError);
    }
  });
});

describe('what a metric says', () => {
  const both = (type: MetricType, a: Partial<Measurement>, b: Partial<Measurement>) =>
    sampleOf(
      gather(type, [
        { type, value: 0, atUs: 1, ...a },
        { type, value: 0, atUs: 1, ...b },
      ]),
    );

  it('is the latest reading of a gauge, of equal instants the later arrival', () => {
    expect(both('gauge', { value: 5, atUs: 9 }, { value: 7, atUs: 8 })).toEqual({ value: 5 });
    expect(both('gauge', { value: 5 }, { value: 7 })).toEqual({ value: 7 });
  });

  it('is the growth of a counter', () => {
    expect(both('counter', { value: 5 }, { value: -2 })).toEqual({ value: 3 });
  });

  it('is the time and the iterations of a timer', () => {
    expect(both('timer', { value: 5, count: 10 }, { value: 7 })).toEqual({ value: 12, count: 11 });
  });

  it('is the mean and the buckets of a histogram', () => {
    const bounds = [2, 4];
    expect(
      sampleOf(
        mergeMetrics(
          metricOf({ type: 'histogram', value: 1, atUs: 1, bounds }),
          metricOf({ type: 'histogram', value: 4, atUs: 1, bounds, count: 2 }),
        ),
      ),
    ).toEqual({
      value: 3,
      metadata: {
        buckets: [
          { le: 2, count: 1 },
          { le: 4, count: 3 },
          { le: '+Inf', count: 3 },
        ],
        sum: 9,
        count: 3,
        min: 1,
        max: 4,
      },
    });
    expect(sampleOf(emptyMetric('histogram')).value).toBe(0);
  });
});
