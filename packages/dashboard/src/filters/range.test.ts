/** Ranges of time, as values and as words. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldText, instantOfField, lengthText, rangeText, readLength } from './range.ts';

/** An instant by the local clock. */
const local = (...at: [number, number, number, number, number]): string =>
  new Date(...at).toISOString();

describe('a range', () => {
  it.each([
    ['-24h', '', 'last 24 h'],
    ['-15m', 'now', 'last 15 min'],
    ['-7d', '-1d', '7 d ago – 1 d ago'],
    [local(2020, 2, 3, 14, 0), '', 'since Tue 3 Mar 2020 14:00'],
    ['', local(2020, 2, 3, 14, 0), 'until Tue 3 Mar 2020 14:00'],
    [local(2020, 2, 3, 14, 0), local(2020, 2, 3, 15, 30), 'Tue 3 Mar 2020 14:00 – 15:30'],
    [
      local(2020, 2, 3, 14, 0),
      local(2020, 2, 4, 15, 30),
      'Tue 3 Mar 2020 14:00 – Wed 4 Mar 2020 15:30',
    ],
    ['nonsense', '', 'since nonsense'],
  ])('from "%s" to "%s" is called "%s"', (from, to, text) => {
    expect(rangeText(from, to)).toBe(text);
  });

  it('may be milliseconds since 1970', () => {
    const at = new Date(2020, 2, 3, 14, 0).getTime();
    expect(rangeText(String(at), '')).toBe('since Tue 3 Mar 2020 14:00');
  });

  it.each([
    ['24h', '-24h'],
    ['last 7 days', '-7d'],
    ['90 min', '-90m'],
    ['-2w', '-2w'],
    ['yesterday', undefined],
    ['', undefined],
  ])('is typed as "%s"', (text, value) => {
    expect(readLength(text)).toBe(value);
  });

  it('is typed as it is called', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.constantFrom('s', 'm', 'h', 'd', 'w'),
        (n, unit) => {
          const value = `-${n}${unit}`;
          expect(readLength(`last ${lengthText(value)}`)).toBe(value);
        },
      ),
    );
  });

  it('comes back from the fields for local times as it was, to the minute', () => {
    const minutes = fc.date({
      min: new Date('1990-01-01'),
      max: new Date('2090-01-01'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(minutes, (at) => {
        at.setSeconds(0, 0);
        // An hour that a clock shows twice a year cannot come back for certain.
        fc.pre(new Date(at.getTime() + 3_600_000).getTimezoneOffset() === at.getTimezoneOffset());
        const back = instantOfField(fieldText(at.toISOString()));
        expect(Date.parse(back ?? '')).toBe(at.getTime());
      }),
    );
    expect(fieldText('-24h')).toBe('');
    expect(instantOfField('')).toBeUndefined();
  });
});
