/** Numbers the way people read them. */
import { expect, test } from 'vitest';
import { compact, count, counted, reading, shortReading, shortReadingParts } from './number.ts';

const thin = (text: string): string => text.replaceAll(' ', '\u2009');

test('thousands are set apart, digits after the point are not', () => {
  expect(count(1_234_567)).toBe(thin('1 234 567'));
  expect(reading(-0.66666, 'ratio_of_things')).toBe('−0.6667');
});

test('little room is for few digits', () => {
  expect(compact(999)).toBe('999');
  expect(compact(2_107)).toBe('2.1 k');
  expect(compact(12_345)).toBe('12 k');
  expect(compact(1_240_000)).toBe('1.2 M');
  expect(compact(999_499)).toBe('999 k');
});

test('a short reading has three digits where some stand after the point', () => {
  expect(shortReading(50.149, 'x_ms')).toBe('50.1 ms');
  expect(shortReading(-159.14, 'x')).toBe('−159');
  expect(shortReading(538, 'queue')).toBe('538');
  expect(shortReading(1_234.5, 'queue')).toBe(reading(1_234.5, 'queue'));
  expect(shortReadingParts(2.5793 * 2 ** 30, 'memory_bytes')).toEqual(['2.58', 'GiB']);
  expect(shortReading(0.66666, 'ratio_of_things')).toBe('0.667');
  expect(shortReading(undefined, 'x')).toBe('—');
});

test('one thing is one, and any other number of them are many', () => {
  expect([0, 1, 8_412].map((n) => counted(n, 'session'))).toEqual([
    '0 sessions',
    '1 session',
    '8\u2009412 sessions',
  ]);
});
