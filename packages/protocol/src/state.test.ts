/** The laws of state patches. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonObject, type JsonValue, setJsonKey } from './json.ts';
import {
  applyLifted,
  applyPatch,
  composePatches,
  diffState,
  emptyPatch,
  jsonEqual,
  liftPatch,
  lowerPatch,
  type Patch,
} from './state.ts';

/** Few keys, so that patches meet; one of them is trouble for those who assign it. */
const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'toString');

function objects(value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> {
  return fc.array(fc.tuple(key, value), { maxLength: 4 }).map((entries) => {
    const object: JsonObject = {};
    for (const [name, item] of entries) setJsonKey(object, name, item);
    return object;
  });
}

const trees = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<JsonValue>(null, null, 0, 'x', true, 2n ** 70n, [null, { a: null }], []),
    tie('object'),
    tie('object'),
  ),
  object: objects(tie('value')),
}));
/** Any patch, nulls everywhere. */
const patch = trees.object;
/** Any state: no null in an object outside of arrays. */
const state = patch.map((any) => applyPatch({}, any));
const runs = { numRuns: 3000 };

/** RFC 7386, section 2, word for word. */
function mergePatch(target: JsonValue | undefined, patchValue: JsonValue): JsonValue {
  if (!isObject(patchValue)) return patchValue;
  const result = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patchValue)) {
    if (value === null) result.delete(name);
    else result.set(name, mergePatch(result.get(name), value));
  }
  const object: JsonObject = {};
  for (const [name, value] of result) setJsonKey(object, name, value);
  return object;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

describe('applyPatch', () => {
  it('does what RFC 7386 says', () => {
    fc.assert(
      fc.property(state, patch, (s, p) => {
        expect(applyPatch(s, p)).toStrictEqual(mergePatch(s, p));
      }),
      runs,
    );
  });

  it.each<[JsonObject, JsonObject, JsonObject]>([
    [{ a: 1, b: { c: 2, d: 3 } }, { b: { c: null, e: 4 } }, { a: 1, b: { d: 3, e: 4 } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: 1 }, { a: { b: null, c: { d: null } } }, { a: { c: {} } }],
    [{}, { a: [null, { b: null }] }, { a: [null, { b: null }] }],
    [{ a: { b: 1 } }, { a: {} }, { a: { b: 1 } }],
    [{ a: 1 }, { a: {} }, { a: {} }],
    [{ product: 'x' }, { product: null }, {}],
  ])('turns %j by %j into %j', (s, p, result) => {
    expect(applyPatch(s, p)).toStrictEqual(result);
  });

  it('changes neither argument and shares what it did not touch', () => {
    fc.assert(
      fc.property(state, patch, (s, p) => {
        const before = structuredClone({ s, p });
        const result = applyPatch(deepFreeze(s), deepFreeze(p));
        expect({ s, p }).toStrictEqual(before);
        for (const name of Object.keys(s)) {
          if (!Object.hasOwn(p, name)) expect(result[name]).toBe(s[name]);
        }
      }),
      runs,
    );
    const s = { a: { x: 1 }, b: { y: [1] } };
    expect(applyPatch(s, { a: { x: 1 }, z: null })).toBe(s);
  });

  it('never reaches a prototype', () => {
    const evil = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    );
    const result = applyPatch(applyPatch({}, evil), evil);
    expect(Object.keys(result)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(({} as JsonObject).polluted).toBeUndefined();
    expect((Object as unknown as JsonObject).polluted).toBeUndefined();
    expect(applyPatch(result, JSON.parse('{"__proto__":null,"constructor":null}'))).toEqual({});
  });
});

describe('lifted patches', () => {
  const lifted = patch.map(liftPatch);
  /** Lifted patches with resets in them. */
  const composed = fc
    .array(lifted, { maxLength: 3 })
    .map((all) => all.reduce(composePatches, emptyPatch));

  it('do what the plain patch does', () => {
    fc.assert(
      fc.property(state, patch, (s, p) => {
        expect(applyLifted(s, liftPatch(p))).toStrictEqual(applyPatch(s, p));
      }),
      runs,
    );
  });

  it('compose: both in order is the same as their composition', () => {
    fc.assert(
      fc.property(state, composed, composed, (s, a, b) => {
        const inOrder = applyLifted(applyLifted(s, a), b);
        expect(applyLifted(s, composePatches(a, b))).toStrictEqual(inOrder);
      }),
      runs,
    );
  });

  it('compose associatively, to the very same patch', () => {
    fc.assert(
      fc.property(composed, composed, composed, (a, b, c) => {
        const left = composePatches(composePatches(a, b), c);
        expect(composePatches(a, composePatches(b, c))).toStrictEqual(left);
      }),
      runs,
    );
  });

  it('have the empty patch as identity', () => {
    fc.assert(
      fc.property(state, composed, (s, p) => {
        expect(composePatches(emptyPatch, p)).toStrictEqual(p);
        expect(composePatches(p, emptyPatch)).toStrictEqual(p);
        expect(applyLifted(s, emptyPatch)).toStrictEqual(s);
      }),
    );
  });

  it('do not revive what was deleted in between', () => {
    const both = composePatches(liftPatch({ a: null }), liftPatch({ a: { c: 1 } }));
    expect(applyLifted({ a: { old: 1 } }, both)).toEqual({ a: { c: 1 } });
    expect(lowerPatch(both)).toBeUndefined();
  });

  it('lower to the plain patch they came from', () => {
    fc.assert(
      fc.property(patch, (p) => {
        expect(lowerPatch(liftPatch(p))).toStrictEqual(p);
      }),
    );
  });

  it('lower, where possible, to a patch that does the same', () => {
    let lowered = 0;
    fc.assert(
      fc.property(state, composed, (s, p) => {
        const plain = lowerPatch(p);
        expect(plain === undefined).toBe(hasReset(p));
        if (plain === undefined) return;
        lowered++;
        expect(applyPatch(s, plain)).toStrictEqual(applyLifted(s, p));
      }),
      runs,
    );
    expect(lowered).toBeGreaterThan(100);
  });
});

describe('diffState', () => {
  it('turns one state into the other', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        expect(jsonEqual(applyPatch(a, diffState(a, b)), b)).toBe(true);
      }),
      runs,
    );
  });

  it('is empty exactly between equal states', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        expect(diffState(a, structuredClone(a))).toEqual({});
        expect(Object.keys(diffState(a, b)).length === 0).toBe(jsonEqual(a, b));
      }),
      runs,
    );
  });

  it('names only what differs', () => {
    expect(diffState({ a: { x: 1, y: 2 }, b: [1], c: 0 }, { a: { x: 1, y: 3 }, b: [1] })).toEqual({
      a: { y: 3 },
      c: null,
    });
  });
});

function deepFreeze<T extends JsonValue>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) deepFreeze(item);
    Object.freeze(value);
  }
  return value;
}

function hasReset(p: Patch): boolean {
  return p.reset || [...p.fields.values()].some((node) => node.kind === 'fields' && hasReset(node));
}
