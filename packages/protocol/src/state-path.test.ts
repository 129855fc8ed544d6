/** Conditions on states: how they are written, where paths lead, and what compares how. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from './json.ts';
import {
  formatStateCondition,
  meetsCondition,
  parseStateCondition,
  type StateCondition,
  stateOperators,
  statePlaces,
} from './state-path.ts';

const state: JsonObject = {
  product: 'game',
  players: 12,
  big: 12345678901234567890n,
  ratio: 0.5,
  paused: false,
  nothing: null,
  tags: ['a', 1],
  empty: {},
  scene: { name: 'level_load', 'boss.hp': 90, next: { name: 'hub' } },
  'scene.name': 'shadow',
};

const meets = (text: string): boolean => {
  const condition = parseStateCondition(text);
  if (condition === undefined) throw new Error(`${text} is no condition`);
  return meetsCondition(state, condition);
};

describe('a condition on a state', () => {
  it.each([
    'product=game',
    'product!=shop',
    'players=12',
    'players=12.0',
    'players>9',
    'players>=12',
    'players<100',
    'players<=1.2e1',
    'big=12345678901234567890',
    'big>12345678901234500000',
    'ratio=.5',
    'paused=false',
    'nothing=null',
    'tags=["a",1]',
    'scene.name=level_load',
    'scene.name=shadow',
    'scene.boss.hp<100',
    'scene.next.name=hub',
    'scene.name>level',
    'scene',
    'scene.next',
    'empty',
    'nothing',
    '!scene.previous',
    '!toString',
    'product!=',
  ])('holds: %s', (text) => {
    expect(meets(text)).toBe(true);
  });

  it.each([
    'product=Game',
    'product!=game',
    'players=13',
    'players>12',
    'players<9',
    'players>abc',
    'paused<true',
    'scene=level_load',
    'scene!=level_load',
    'scene.previous=x',
    'scene.previous!=x',
    'scene.previous',
    'tags>0',
    '!scene',
    '!nothing',
    'toString',
    '__proto__',
    'product>=h',
  ])('does not hold: %s', (text) => {
    expect(meets(text)).toBe(false);
  });

  it('keeps everything after the operator as the value, blanks and further operators too', () => {
    expect(parseStateCondition('a.b = x=y<z')).toEqual({
      path: 'a.b',
      operator: '=',
      value: ' x=y<z',
    });
    expect(parseStateCondition('a<=')).toEqual({ path: 'a', operator: '<=', value: '' });
  });

  it.each(['', '!', '=x', '<5', '!a=b', '!=x'])('is not %j', (text) => {
    expect(parseStateCondition(text)).toBeUndefined();
  });

  it('is read back as it was written', () => {
    const path = fc
      .string({ minLength: 1 })
      .filter((text) => /^[^!=<>\s][^!=<>]*$/.test(text.trim()));
    const condition = fc
      .tuple(path, fc.constantFrom(...stateOperators), fc.string())
      .map(([name, operator, value]): StateCondition => {
        const bare = operator === 'exists' || operator === 'missing';
        return { path: name.trim(), operator, ...(!bare && { value }) };
      })
      // "<" before a value that starts with "=" is another operator.
      .filter(({ operator, value }) => !(/^[<>]$/.test(operator) && value?.startsWith('=')));
    fc.assert(
      fc.property(condition, (one) => {
        expect(parseStateCondition(formatStateCondition(one))).toEqual(one);
      }),
    );
  });
});

describe('the places of a state', () => {
  it('are all values that are no objects, and the objects on the way to them', () => {
    const places = [...statePlaces({ a: 1, b: { c: [1], d: {} }, e: {} })];
    expect(places).toEqual([
      { path: 'a', value: 1 },
      { path: 'b', value: undefined },
      { path: 'b.c', value: [1] },
      { path: 'b.d', value: undefined },
      { path: 'e', value: undefined },
    ]);
  });
});
