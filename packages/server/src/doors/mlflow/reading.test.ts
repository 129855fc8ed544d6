/** Whatever is sent as a batch of MLflow is read whole or refused in one sentence, and no item is lost on the way. */
import { isJsonObject, type JsonValue, stringifyJson, TachoError } from '@tacho/protocol';
import { expect, it } from 'vitest';
import { experimentName, sessionOfRun } from './names.ts';
import { countOf, readBatch } from './reading.ts';
import { filterOf } from './search.ts';

const nowUs = Date.UTC(2026, 10, 30) * 1000;
const run = '550e8400e29b41d4a716446655440000';

it('50,000 bodies', () => {
  const pick = picker(11);
  let [read, refused, items] = [0, 0, 0];
  for (let i = 0; i < 50_000; i++) {
    const body = bodyFrom(pick);
    try {
      if (!isJsonObject(body)) throw new TachoError('invalid_body', 'no object');
      if (i % 7 === 0) filterOf(body.run_id);
      if (i % 11 === 0) experimentName(String(body.run_id));
      sessionOfRun(body.run_id);
      const { metrics, params = {}, tags = {}, count } = readBatch(body, nowUs);
      check((count === 0 ? 1 : count) === countOf(body), 'items are lost', body);
      const kept = metrics.length + Object.keys(params).length + Object.keys(tags).length;
      check(kept <= count, 'more is kept than came', body);
      for (const { atUs = -1, name, metadata } of metrics) {
        check(Number.isSafeInteger(atUs) && atUs >= 0 && name !== '', 'not a sample', body);
        check(metadata?.step !== 0, 'a step of 0 is kept', body);
      }
      items += kept;
      read++;
    } catch (error) {
      if (!(error instanceof TachoError)) throw error;
      check(error.message.length < 500, error.message, body);
      refused++;
    }
  }
  expect(read + refused).toBe(50_000);
  expect(read).toBeGreaterThan(2_000);
  expect(refused).toBeGreaterThan(10_000);
  expect(items).toBeGreaterThan(2_000);
});

it('equal samples count once, in whatever order they come', () => {
  const at = (timestamp: number, more = {}) => ({ key: 'loss', value: 1, timestamp, ...more });
  const metrics = [
    at(2),
    at(1),
    at(2),
    at(3),
    at(1),
    at(3, { step: 1 }),
    at(3),
    at(3, { value: 2 }),
  ];
  const { metrics: kept, count } = readBatch({ metrics }, nowUs);
  expect(kept.map(({ atUs, value, metadata }) => [atUs, value, metadata?.step])).toEqual([
    [2_000, 1, undefined],
    [1_000, 1, undefined],
    [3_000, 1, undefined],
    [3_000, 1, 1],
    [3_000, 2, undefined],
  ]);
  expect(count).toBe(8);
});

/** Like expect, which would take most of the time here. */
function check(isSo: boolean, what: string, body: JsonValue): void {
  if (!isSo) throw new Error(`${what}: ${stringifyJson(body).slice(0, 1_000)}`);
}

/** Numbers below `n` from a seed. */
function picker(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % n;
  };
}

const odd: JsonValue[] = [
  ...[null, true, -1, 0.5, 2 ** 53, 1e308, 12n ** 30n, '', 'NaN', 'Infinity', '1e5', 'nan', '\0'],
  ...[[], {}, [[]], { key: 1 }, '💥', '__proto__', 'x'.repeat(600), "params.a = '1' and b", run],
];

/** Mostly as a client has it; now and then one thing is something else. */
function bodyFrom(pick: (n: number) => number): JsonValue {
  const maybe = (usual: JsonValue): JsonValue => (pick(40) === 0 ? odd[pick(odd.length)]! : usual);
  const list = (item: () => JsonValue): JsonValue =>
    maybe(Array.from({ length: pick(4) }, () => maybe(item())));
  const key = () => maybe(['loss', 'acc', '__proto__', 'a/b c'][pick(4)]!);
  const text = () => maybe(['1', '2', ''][pick(3)]!);
  return maybe({
    run_id: maybe(run),
    metrics: list(() => ({
      ...{ key: key(), value: maybe(pick(3)), timestamp: maybe(nowUs / 1000 - pick(2)) },
      ...(pick(2) === 0 && { step: maybe(pick(2) === 0 ? pick(3) : String(pick(3))) }),
    })),
    params: list(() => ({ key: key(), value: text() })),
    tags: list(() => ({ key: key(), value: text() })),
  });
}
