/** Proves what a key of the state is said to have been over time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stretchesOf, valueAtPath } from './stretches.ts';

describe('a key over time', () => {
  it('has one value for ever where nothing changed it', () => {
    expect(stretchesOf(0, 10, [], 'a')).toEqual([{ fromMs: 0, toMs: 10, value: 'a' }]);
  });

  it('has the values that its changes tell, in the order of their times', () => {
    const changes = [
      { atMs: 6, from: 'b', to: 'c' },
      { atMs: 2, from: undefined, to: 'b' },
    ];
    expect(stretchesOf(0, 10, changes, 'c')).toEqual([
      { fromMs: 0, toMs: 2, value: undefined },
      { fromMs: 2, toMs: 6, value: 'b' },
      { fromMs: 6, toMs: 10, value: 'c' },
    ]);
  });

  it('covers the run without a gap, wherever its changes lie', () => {
    const change = fc.record({
      atMs: fc.integer({ min: -50, max: 150 }),
      from: fc.nat(),
      to: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        const stretches = stretchesOf(0, 100, changes, 1);
        expect(stretches.at(0)?.fromMs).toBe(0);
        expect(stretches.at(-1)?.toMs).toBe(100);
        stretches.slice(1).forEach((each, i) => {
          expect(each.fromMs).toBe(stretches[i]?.toMs);
        });
      }),
    );
  });
});

describe('a value by its path', () => {
  it('is found through objects, and through names that hold dots', () => {
    expect(valueAtPath({ scene: { name: 'a' } }, 'scene.name')).toBe('a');
    expect(valueAtPath({ 'scene.name': 'b' }, 'scene.name')).toBe('b');
    expect(valueAtPath({ 'a.b': { c: 1 } }, 'a.b.c')).toBe(1);
  });

  it('is none where there is nothing', () => {
    expect(valueAtPath({ scene: 'x' }, 'scene.name')).toBeUndefined();
    expect(valueAtPath({}, 'constructor')).toBeUndefined();
  });
});
