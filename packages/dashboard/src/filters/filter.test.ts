/** Filters between the address and their chips. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FieldName, type FilterName, filterNames } from './fields.ts';
import {
  adding,
  changed,
  chipsOf,
  clearing,
  conditionWords,
  type Filter,
  readFilter,
  replacing,
  statusChange,
  statuses,
  statusOf,
  toggling,
  valuesOf,
  withoutNames,
} from './filter.ts';

const read = (text: string): Filter => readFilter(new URLSearchParams(text));
const words = (text: string): string[] =>
  chipsOf(read(text)).map((chip) => `${chip.label} ${chip.text}`);

/** Filters as addresses may have them. */
const filters: fc.Arbitrary<Filter> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...filterNames),
      fc.oneof(
        fc.constantFrom(
          'active',
          'ended',
          'crashed',
          'signaled',
          'uncaught',
          '-24h',
          'true',
          'a=1',
        ),
        fc.string({ minLength: 1, maxLength: 6 }),
      ),
    ),
    { maxLength: 12 },
  )
  .map((pairs) => readFilter(new URLSearchParams(pairs)));

describe('a filter in the address', () => {
  it('leaves out what is not about sessions, empty values and repetitions', () => {
    expect(read('sort=events&version=2.4.0&version=&version=2.4.0&cols=id')).toEqual({
      version: ['2.4.0'],
    });
  });

  it('has its parts in the order in which they came', () => {
    expect(words('version=2.4.0&product=emberline')).toEqual([
      'version 2.4.0',
      'product emberline',
    ]);
  });
});

describe('chips', () => {
  it('say several values as alternatives, and many of them in short', () => {
    expect(words('version=1&version=2&version=3')).toEqual(['version 1, 2 or 3']);
    expect(words('version=1&version=2&version=3&version=4&version=5')).toEqual([
      'version 1, 2 or 3 others',
    ]);
  });

  it('are one for each condition on the state, and one for a range', () => {
    expect(words('state=a%3D1&from=-24h&state=!b')).toEqual([
      'a 1',
      'b is not there',
      'time last 24 h',
    ]);
  });

  it('tell the causes that make an outcome as this outcome, others one by one', () => {
    expect(words('cause=signaled&cause=uncaught&cause=crashed')).toEqual(['status crashed']);
    expect(words('cause=signaled&cause=uncaught')).toEqual([
      'cause Ended by a signal or Uncaught exception',
    ]);
    expect(words('lifecycle=active')).toEqual(['status live']);
    expect(words('lifecycle=active&cause=signaled')).toEqual([
      'lifecycle active',
      'cause Ended by a signal',
    ]);
  });

  it('take away what they say and nothing else, so that all of them together leave nothing', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        let left = filter;
        for (let [chip] = chipsOf(left); chip !== undefined; [chip] = chipsOf(left)) {
          const next = changed(left, chip.removal);
          const touched = Object.keys(chip.removal) as FilterName[];
          expect(withoutNames(next, touched)).toEqual(withoutNames(left, touched));
          expect(next).not.toEqual(left);
          left = next;
        }
        expect(left).toEqual({});
        expect(changed(filter, clearing(filter))).toEqual({});
      }),
    );
  });
});

describe('a change of a filter', () => {
  it('asks for another value of a field beside those that are there, and for one instead of a text', () => {
    expect(changed(read('version=1'), adding(read('version=1'), 'version', '2'))).toEqual({
      version: ['1', '2'],
    });
    expect(adding(read('text=a'), 'text', 'b')).toEqual({ text: ['b'] });
  });

  it('brings back what there was when it is made twice', () => {
    const toggled = fc.constantFrom<FieldName>('product', 'version', 'event', 'id', 'liveness');
    fc.assert(
      fc.property(filters, toggled, fc.string({ minLength: 1 }), (filter, field, value) => {
        const once = changed(filter, toggling(filter, field, value));
        expect(valuesOf(once, field).includes(value)).toBe(
          !valuesOf(filter, field).includes(value),
        );
        const twice = changed(once, toggling(once, field, value));
        expect(new Set(valuesOf(twice, field))).toEqual(new Set(valuesOf(filter, field)));
      }),
    );
  });

  it('puts one condition in the place of another', () => {
    const filter = read('state=a%3D1&state=b%3D2');
    expect(replacing(filter, 'state', 'a=1', 'a!=1')).toEqual({ state: ['a!=1', 'b=2'] });
    expect(replacing(filter, 'state', 'a=1', 'b=2')).toEqual({ state: ['b=2'] });
  });

  it.each(statuses)('isolates sessions that are %s, whatever was isolated before', (status) => {
    fc.assert(
      fc.property(filters, (filter) => {
        expect(statusOf(changed(filter, statusChange(status)))).toBe(status);
        expect(statusOf(changed(filter, statusChange(undefined)))).toBeUndefined();
      }),
    );
  });
});

describe('a condition on the state', () => {
  it.each([
    ['scene.target=citadel_02', 'scene.target', 'citadel_02'],
    ['page=', 'page', 'is empty'],
    ['page!=home', 'page', 'is not home'],
    ['cart.items>3', 'cart.items', 'above 3'],
    ['cart.items<=3', 'cart.items', 'at most 3'],
    ['coupon', 'coupon', 'is there'],
    ['!coupon', 'coupon', 'is not there'],
    ['=', 'state', '='],
  ])('%s reads: %s %s', (condition, path, rest) => {
    expect(conditionWords(condition)).toEqual([path, rest]);
  });
});
