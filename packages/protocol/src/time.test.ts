/** Instants on the wire. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTime, parseTimeUs } from './time.ts';

const firstUs = -62_135_596_800_000_000;
const lastUs = 253_402_300_800_000_000 - 32;
/** Until here every microsecond is a double of its own. */
const exactUs = Number.MAX_SAFE_INTEGER;

const anyUs = fc.oneof(
  fc.integer({ min: -exactUs, max: exactUs }),
  fc.double({ min: firstUs, max: lastUs, noNaN: true }).map((us) => Math.trunc(us) + 0),
  fc.constantFrom(firstUs, lastUs, 0, -1, 1, 999, 1000, -1_000_000),
);

describe('an instant', () => {
  it('survives being written and read', () => {
    fc.assert(
      fc.property(anyUs, (us) => {
        expect(parseTimeUs(formatTime(us))).toBe(us);
      }),
      { numRuns: 5000 },
    );
  });

  it('is written as Date writes it when it has whole milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: firstUs / 1000, max: 253_402_300_799_999 }), (ms) => {
        // Beyond 2255 not every millisecond is a double.
        fc.pre((ms * 1000) / 1000 === ms && Math.abs(ms * 1000) <= exactUs);
        expect(formatTime(ms * 1000)).toBe(new Date(ms).toISOString());
      }),
    );
  });

  it('sorts as text in the order of time', () => {
    fc.assert(
      fc.property(fc.integer({ min: -exactUs, max: exactUs }), fc.integer({ min: 1 }), (us, by) => {
        const [a, b] = [formatTime(us), formatTime(us + by)];
        fc.pre(us + by <= exactUs && a.length === b.length);
        expect(a < b).toBe(true);
      }),
    );
  });

  it('means the same with any offset', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e9 }),
        fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 }),
        fc.integer({ min: 0, max: 999_999 }),
        (second, offsetMinutes, micro) => {
          const local = new Date((second + offsetMinutes * 60) * 1000).toISOString().slice(0, 19);
          const abs = Math.abs(offsetMinutes);
          const hours = String(Math.floor(abs / 60)).padStart(2, '0');
          const minutes = String(abs % 60).padStart(2, '0');
          const offset = `${offsetMinutes < 0 ? '-' : '+'}${hours}:${minutes}`;
          const text = `${local}.${String(micro).padStart(6, '0')}${offset}`;
          expect(parseTimeUs(text)).toBe(second * 1_000_000 + micro);
        },
      ),
    );
  });
});

describe('parseTimeUs', () => {
  it.each([
    ['2024-02-29T12:34:56Z', '2024-02-29T12:34:56.000Z'],
    ['2024-02-29t12:34:56.7z', '2024-02-29T12:34:56.700Z'],
    ['2024-02-29 12:34:56.123456Z', '2024-02-29T12:34:56.123456Z'],
    ['2024-02-29T12:34:56.123456789Z', '2024-02-29T12:34:56.123456Z'],
    ['2024-02-29T12:34:56.9999999999999Z', '2024-02-29T12:34:56.999999Z'],
    ['2024-02-29T00:10:00+05:30', '2024-02-28T18:40:00.000Z'],
    ['2024-02-29T00:10:00-00:00', '2024-02-29T00:10:00.000Z'],
    ['1969-12-31T23:59:59.9999995Z', '1969-12-31T23:59:59.999999Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['0099-12-31T00:00:00Z', '0099-12-31T00:00:00.000Z'],
    ['0000-12-31T23:00:00-01:00', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999968Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.999999Z'],
    ['2016-12-31T15:59:60.5-08:00', '2016-12-31T23:59:59.999999Z'],
  ])('reads %s as %s', (text, written) => {
    expect(formatTime(parseTimeUs(text) as number)).toBe(written);
  });

  it.each([
    '',
    'now',
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-01-32T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:61Z',
    '2024-01-01T00:00:60Z',
    '2024-01-01T00:00:00',
    '2024-01-01T00:00Z',
    '2024-01-01',
    '20240101T000000Z',
    '2024-01-01T00:00:00.Z',
    '2024-01-01T00:00:00,5Z',
    '2024-01-01T00:00:00Z ',
    ' 2024-01-01T00:00:00Z',
    '2024-01-01T00:00:00+0100',
    '2024-01-01T00:00:00+24:00',
    '2024-01-01T00:00:00+01:60',
    '2024-01-01T00:00:00+01:0',
    '2024-01-01T00:00:00+01:000',
    '2024-01-01T00:00:00.5',
    '2024-01-01_00:00:00Z',
    '2024/01/01T00:00:00Z',
    '2024-01-01T00-00-00Z',
    '+12024-01-01T00:00:00Z',
    '24-01-01T00:00:00Z',
    '0000-12-31T23:59:59Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '2024-1-01T00:00:00Z',
    '٢٠٢٤-01-01T00:00:00Z',
    '2024-01-01T00:00:00ZZ',
    '2024-01-01T-1:00:00Z',
    '1704067200000',
  ])('does not understand %j', (text) => {
    expect(parseTimeUs(text)).toBeUndefined();
    // Nor after a right instant of the same day, whose date is remembered.
    parseTimeUs('2024-01-01T00:00:00Z');
    expect(parseTimeUs(text)).toBeUndefined();
  });

  it('understands only text of the strict form, however it is broken', () => {
    const strict =
      /^\d{4}-\d\d-\d\d[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
    const base = '2024-02-29T12:34:56.123456+05:30';
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: base.length }),
        fc.constantFrom('', '0', '9', '-', ':', 'Z', 'T', '.', ' ', 'x', '٣'),
        fc.boolean(),
        (at, insert, replace) => {
          const text = base.slice(0, at) + insert + base.slice(replace ? at + 1 : at);
          const right = strict.test(text) && isDay(text.slice(0, 10)) && !text.includes(':60');
          expect(parseTimeUs(text) !== undefined).toBe(right);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('reads numbers as epoch milliseconds, to the microsecond', () => {
    expect(parseTimeUs(1_700_000_000_123.456)).toBe(1_700_000_000_123_456);
    expect(parseTimeUs(0)).toBe(0);
    expect(parseTimeUs(-0.001)).toBe(-1);
    expect(parseTimeUs(firstUs / 1000)).toBe(firstUs);
    expect(parseTimeUs(firstUs / 1000 - 1)).toBeUndefined();
    expect(parseTimeUs(253_402_300_800_000)).toBeUndefined();
  });

  it.each([[null], [undefined], [true], [Number.NaN], [Infinity], [[]], [{}], [new Date()], [5n]])(
    'does not understand %s',
    (value) => {
      expect(parseTimeUs(value)).toBeUndefined();
    },
  );
});

describe('formatTime', () => {
  it('refuses what RFC 3339 cannot name', () => {
    for (const us of [Number.NaN, Infinity, firstUs - 1000, 253_402_300_800_000_000]) {
      expect(() => formatTime(us)).toThrow(RangeError);
    }
  });

  it('shows microseconds only where there are any', () => {
    expect(formatTime(1_700_000_000_123_000)).toBe('2023-11-14T22:13:20.123Z');
    expect(formatTime(1_700_000_000_123_004)).toBe('2023-11-14T22:13:20.123004Z');
  });
});

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
