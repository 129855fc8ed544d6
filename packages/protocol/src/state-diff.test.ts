/** Laws of differences between states and of paths into them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue, setJsonKey } from './json.ts';
import { applyPatch, jsonEqual } from './state.ts';
import { partAt, type StateChange, stateChanges, valueAt } from './state-diff.ts';

const names = fc.constantFrom('a', 'b', 'a.b', 'b.', '.', '', '__proto__', 'ключ', 'constructor');

const { patch } = fc.letrec<{ value: JsonValue; patch: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<JsonValue>(null, 0, 1, 1n << 70n, (1n << 70n) + 1n, '', 'x', true),
    fc.array(tie('value'), { maxLength: 2 }),
    tie('patch'),
  ),
  patch: fc.array(fc.tuple(names, tie('value')), { maxLength: 5 }).map((pairs) => {
    const object: JsonObject = {};
    for (const [name, value] of pairs) setJsonKey(object, name, value);
    return object;
  }),
}));
const state = patch.map((made) => applyPatch({}, made));
const paths = fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));

describe('the changes between two states', () => {
  it('turn the one into the other, one after the other', () => {
    fc.assert(
      fc.property(state, state, (from, to) => {
        const reached = stateChanges(from, to).reduce(change, structuredCloneOf(from));
        expect(jsonEqual(reached, to)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('say what was there before, and never that something became what it was', () => {
    fc.assert(
      fc.property(state, state, (from, to) => {
        for (const one of stateChanges(from, to)) {
          const [before, after] = [followed(from, one.names), followed(to, one.names)];
          expect([before, after]).toEqual([one.from, one.to]);
          expect(before === undefined).toBe(one.kind === 'added');
          expect(after === undefined).toBe(one.kind === 'removed');
        }
        expect(stateChanges(from, structuredCloneOf(from))).toEqual([]);
      }),
    );
  });

  it('compare objects name by name and anything else as a whole', () => {
    const from = { scene: { name: 'lobby', hall: { seats: 3 } }, list: [1, 2], gone: { x: 1 } };
    const to = { scene: { name: 'arena', hall: 7 }, list: [1, 3], fresh: { y: {} } };
    expect(stateChanges(from, to)).toEqual([
      { names: ['gone'], kind: 'removed', from: { x: 1 } },
      { names: ['scene', 'name'], kind: 'changed', from: 'lobby', to: 'arena' },
      { names: ['scene', 'hall'], kind: 'changed', from: { seats: 3 }, to: 7 },
      { names: ['list'], kind: 'changed', from: [1, 2], to: [1, 3] },
      { names: ['fresh'], kind: 'added', to: { y: {} } },
    ]);
  });
});

describe('a path', () => {
  it('leads to names that hold dots themselves, and to own names only', () => {
    const found = { 'a.b': { c: 1 }, a: { b: { d: 2 }, 'b.e': 3 }, '.': 4, '': { '': 5 } };
    const values = [
      'a.b.c',
      'a.b.d',
      'a.b.e',
      '.',
      'a.x',
      'constructor',
      'a.toString',
      '__proto__',
    ];
    expect(values.map((path) => valueAt(found, path))).toEqual([
      ...[1, 2, 3, 4],
      ...[undefined, undefined, undefined, undefined],
    ]);
    expect(valueAt({ '': { '': 5 } }, '.')).toBe(5);
  });

  it('finds in the part of a state what it finds in the whole', () => {
    fc.assert(
      fc.property(state, paths, (whole, path) => {
        expect(valueAt(partAt(whole, path), path)).toEqual(valueAt(whole, path));
      }),
      { numRuns: 1_000 },
    );
  });

  it('has a part that patches act on as they act on the whole', () => {
    fc.assert(
      fc.property(state, patch, paths, (before, said, path) => {
        const after = partAt(applyPatch(before, said), path);
        const ofParts = applyPatch(partAt(before, path), partAt(said, path));
        expect(jsonEqual(after, ofParts)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Does what one change says. */
function change(state: JsonObject, { names, to }: StateChange): JsonObject {
  const last = names.at(-1) as string;
  const holder = followed(state, names.slice(0, -1)) as JsonObject;
  if (to === undefined) delete holder[last];
  else setJsonKey(holder, last, to);
  return state;
}

function followed(state: JsonObject, names: string[]): JsonValue | undefined {
  let value: JsonValue | undefined = state;
  for (const name of names) {
    value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

function structuredCloneOf(state: JsonObject): JsonObject {
  return applyPatch({}, state);
}
