/** Units and how values are shown. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { humanize, splitUnit, unitOf, wordsOf } from './unit.ts';

describe('unitOf', () => {
  it.each([
    ['response_time_ms', '', 'milliseconds'],
    ['duration_seconds', '', 'seconds'],
    ['duration_s', '', 'seconds'],
    ['file_size_bytes', '', 'bytes'],
    ['memory_usage_mb', '', 'mebibytes'],
    ['disk_usage_gb', '', 'gibibytes'],
    ['cpu_usage_percent', '', 'percent'],
    ['temperature_celsius', '', 'celsius'],
    ['error_count', '', 'count'],
    ['requests_total', '', 'count'],
    ['process_cpu_seconds_total', '', 'seconds'],
    ['net_received_bytes_total', '', 'bytes'],
    ['disk_read_bytes_per_second', '', 'bytes_per_second'],
    ['requests_per_second', '', 'per_second'],
    ['responseTimeMs', '', 'milliseconds'],
    ['http.server.duration.ms', '', 'milliseconds'],
    ['memory', 'MB', 'mebibytes'],
    ['memory', 'By', 'bytes'],
    ['load', '%', 'percent'],
    ['room', 'Cel', 'celsius'],
    ['room', 'K', 'kelvin'],
    ['x_ms', 'seconds', 'seconds'],
    ['queue', 'jobs', 'jobs'],
    ['queue', '{job}', 'job'],
    ['queue', '1', 'count'],
  ])('of %s with field %j is %s', (name, field, id) => {
    expect(unitOf(name, field)?.id).toBe(id);
  });

  it.each(['queue_size', 'heap_min', 'axis_x', 'http_requests', 'terms', 'items', '', '___'])(
    'of %j is none',
    (name) => {
      expect(unitOf(name)).toBeUndefined();
    },
  );

  it('takes the unit off the name and leaves its words', () => {
    expect(splitUnit('api_response_time_ms').words).toEqual(['api', 'response', 'time']);
    expect(splitUnit('readBytesPerSecond').words).toEqual(['read']);
    expect(splitUnit('ms').words).toEqual([]);
  });

  it('splits names into words as people read them', () => {
    expect(wordsOf('HTTPRequests.totalBytes-sent now')).toEqual([
      'http',
      'requests',
      'total',
      'bytes',
      'sent',
      'now',
    ]);
  });
});

describe('humanize', () => {
  it.each<[number, string, string]>([
    [1_048_576, 'bytes', '1 MiB'],
    [1_048_576, 'By', '1 MiB'],
    [1023, 'bytes', '1023 B'],
    [1536, 'bytes', '1.5 KiB'],
    [1024 * 1023.99, 'bytes', '1 MiB'],
    [512.5, 'mb', '512.5 MiB'],
    [2048, 'mb', '2 GiB'],
    [0, 'bytes', '0 B'],
    [-1024, 'bytes', '-1 KiB'],
    [1.5e6, 'bytes_per_second', '1.431 MiB/s'],
    [1.5e6, 'bps', '1.5 Mbit/s'],
    [123.45, 'ms', '123.5 ms'],
    [0.0123, 'seconds', '12.3 ms'],
    [250, 'ns', '250 ns'],
    [0.99996, 's', '1 s'],
    [59.994, 's', '59.99 s'],
    [59.9999, 's', '1 min'],
    [90, 's', '1 min 30 s'],
    [5400, 's', '1 h 30 min'],
    [3599.9, 's', '1 h'],
    [86_399, 's', '1 d'],
    [90_000, 's', '1 d 1 h'],
    [0, 'ms', '0 s'],
    [45.23, 'percent', '45.23 %'],
    [0.4523, 'ratio', '45.23 %'],
    [22.5, 'celsius', '22.5 °C'],
    [2.4e9, 'hz', '2.4 GHz'],
    [3, 'kw', '3 kW'],
    [0.02, 'V', '20 mV'],
    [1500, 'rps', '1.5 k/s'],
    [1523, 'requests', '1,523 requests'],
    [1.5, 'requests', '1.5 requests'],
    [12_345.678, '', '12.35 k'],
    [999_999, '', '999,999'],
    [1e6, '', '1 M'],
    [1234.5, '', '1235'],
    [0.000_000_12, '', '1.2e-7'],
    [Number.NaN, 'ms', 'NaN'],
    [Infinity, '', '∞'],
    [-Infinity, 'bytes', '-∞'],
    [1e308, 'gb', '∞'],
  ])('shows %d %s as %s', (value, unit, shown) => {
    expect(humanize(value, unit)).toBe(shown);
    expect(humanize(value, unitOf('', unit))).toBe(shown);
  });

  it('shows a number of bytes that is right to four digits, on the right rung', () => {
    const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
    fc.assert(
      fc.property(fc.double({ min: 1, max: 2 ** 68, noNaN: true }), (bytes) => {
        const [digits = '', symbol = ''] = humanize(bytes, 'bytes').split(' ');
        expect(sizes).toContain(symbol);
        const shown = Number(digits) * 1024 ** sizes.indexOf(symbol);
        expect(Math.abs(shown - bytes) / bytes).toBeLessThanOrEqual(5.1e-4);
        expect(Number(digits)).toBeGreaterThanOrEqual(1);
        if (symbol !== 'EiB') expect(Number(digits)).toBeLessThan(1024);
      }),
    );
  });

  it('shows a duration that is right to one percent, and never sixty of anything', () => {
    const scale: Record<string, number> = {
      ns: 1e-9,
      µs: 1e-6,
      ms: 1e-3,
      s: 1,
      min: 60,
      h: 3600,
      d: 86_400,
    };
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (exponent) => {
        const seconds = 10 ** exponent;
        const parts = humanize(seconds, 's').split(' ');
        let shown = 0;
        for (let i = 0; i < parts.length; i += 2) {
          const [amount, symbol] = [Number(parts[i]), parts[i + 1] as string];
          shown += amount * (scale[symbol] as number);
          if (symbol === 's' || symbol === 'min') expect(amount).toBeLessThan(60);
          if (symbol === 'h') expect(amount).toBeLessThan(24);
        }
        expect(Math.abs(shown - seconds) / seconds).toBeLessThan(0.025);
      }),
    );
  });

  it('never throws and always shows something, whatever the unit', () => {
    fc.assert(
      fc.property(fc.double(), fc.string({ unit: 'binary' }), (value, unit) => {
        expect(humanize(value, unit)).not.toBe('');
        expect(unitOf(unit)).toEqual(unitOf(unit));
      }),
    );
  });
});
