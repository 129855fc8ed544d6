/** No text does any harm: 50,000 of them are refused with a place, or worked out. */
import { expect, it, onTestFinished } from 'vitest';
import { Dice } from '../demo/dice.ts';
import { openMemory } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { evaluate } from './evaluate.ts';
import { parse } from './parser.ts';
import { type Expression, QueryError } from './syntax.ts';

const words = [
  ...['sum', 'avg', 'topk', 'quantile', 'rate', 'histogram_quantile', 'label_replace', 'time'],
  ...['by', 'without', 'on', 'ignoring', 'group_left', 'bool', 'offset', 'and', 'or', 'unless'],
  ...['(', ')', '(', ')', '{', '}', '[', ']', ',', '=', '!=', '=~', '!~', '==', '<', '>=', '+'],
  ...['-', '*', '/', '%', '^', '@', ':', '1', '0.5', '1e3', '0xff', 'Inf', 'NaN', '5m', '1h30m'],
  ...[
    '1y',
    '"a"',
    "'b'",
    '`c`',
    '"(a+)+"',
    '"a{1000}"',
    '"\\x"',
    'ping',
    'frame_time',
    'le',
    '__name__',
  ],
];

/** Texts by chance. */
class Writer {
  readonly #dice = new Dice('promql');

  below(max: number): number {
    return Math.floor(this.#dice.next() * max);
  }

  of(texts: readonly string[]): string {
    return texts[this.below(texts.length)]!;
  }

  /** A text of one of four kinds: an expression, a piece of one, words in a row, characters in a row. */
  text(): string {
    const kind = this.below(5);
    if (kind < 2) return this.expression(4);
    if (kind === 2) return this.expression(4).slice(this.below(20), -this.below(20) || undefined);
    const length = this.below(25);
    if (kind === 3) return Array.from({ length }, () => this.of(words)).join(' ');
    return Array.from({ length }, () => String.fromCodePoint(this.below(0xd800))).join('');
  }

  expression(depth: number): string {
    const next = (): string => this.expression(depth - 1);
    switch (depth === 0 ? this.below(3) : this.below(10)) {
      case 0:
        return this.of(['1', '0.5', '-3', 'time()', 'vector(1)', 'Inf', 'scalar(ping)']);
      case 1:
      case 2:
        return this.selector();
      case 3:
        return `${this.of(['rate', 'increase', 'avg_over_time', 'irate', 'delta'])}(${this.selector()}[${this.of(['5m', '1s', '1d'])}])`;
      case 4:
        return `${this.of(['sum', 'avg', 'min', 'max', 'count', 'stddev'])} ${this.of(['by', 'without'])} (${this.label()}) (${next()})`;
      case 5:
        return `(${next()}) ${this.of(['+', '/', '%', '^', '== bool', 'and', 'or', 'unless', '> on(le)', '* on(le) group_left'])} ${next()}`;
      case 6:
        return `histogram_quantile(${this.of(['0.9', '2', 'NaN', '-1'])}, ${next()})`;
      case 7:
        return `${this.of(['topk', 'bottomk', 'quantile'])}(${this.of(['1', '-1', '1e9', 'NaN'])}, ${next()})`;
      case 8:
        return `${this.of(['abs', 'round', 'absent', 'sort', 'timestamp', '-', 'clamp_min'])}(${next()})`;
      default:
        return `label_replace(${next()}, "${this.label()}", "${this.of(['$1', '$a', '$$', ''])}", "${this.label()}", "${this.of(['(.*)', '(?P<a>.)', '(', 'x*'])}")`;
    }
  }

  label(): string {
    return this.of(['version', 'le', 'product', '__name__', 'core']);
  }

  selector(): string {
    const value = this.of(['', '1.0', '.*', '(a|b)+', 'p(', '\u2028']);
    const operator = this.of(['=', '!=', '=~', '!~']);
    const offset = this.below(8) === 0 ? ' offset 1m' : '';
    const name = this.of(['ping', 'frame_time', 'frame_time_bucket', '']);
    return `${name}{${this.label()}${operator}${JSON.stringify(value)}}${this.below(9) === 0 ? offset : ''}`;
  }
}

const startUs = 1_767_225_600e6;

/** A store with a session of two series. */
async function filled(): Promise<Store> {
  const store = await openMemory({
    clock: () => startUs,
    suspendedAfterUs: 60e6,
    returnGraceUntilUs: 0,
  });
  onTestFinished(() => store.close());
  const session = await store.reserve('00000001-0000-4000-8000-000000000001');
  const metadata = {
    buckets: [
      { le: 1, count: 2 },
      { le: '+Inf', count: 3 },
    ],
    sum: 5,
    count: 3,
  };
  const gauge = session.series.index('ping', 'gauge', 'ms', ['core:1']);
  const histogram = session.series.index('frame.time', 'histogram', '', []);
  await store.append({
    receivedUs: startUs,
    entries: [
      { kind: 'start', session, atUs: startUs, product: 'p', version: '1.0' },
      ...[0, 1, 2, 3].flatMap((i) => [
        { kind: 'sample' as const, session, series: gauge, atUs: startUs + i * 15e6, value: i },
        {
          kind: 'sample' as const,
          session,
          series: histogram,
          atUs: startUs + i * 15e6,
          value: i,
          detail: { metadata },
        },
      ]),
    ],
  });
  return store;
}

it('reads or refuses 50,000 texts, and works out what it can read', {
  timeout: 60_000,
}, async () => {
  const store = await filled();
  const writer = new Writer();
  const counts = { refused: 0, read: 0, worked: 0, failed: 0 };
  const grid = { startMs: startUs / 1000, stepMs: 20_000, points: 3 };
  const asked = { store, nowUs: startUs, grid, lookbackMs: 300_000, timeoutMs: 10_000 };
  for (let i = 0; i < 50_000; i++) {
    const text = writer.text();
    let found: Expression;
    try {
      found = parse(text);
      counts.read++;
    } catch (error) {
      counts.refused++;
      if (error instanceof QueryError && /^\d+:\d+: parse error: ./.test(error.message)) continue;
      throw new Error(`${JSON.stringify(text)}: ${error}`);
    }
    if (i % 16 !== 0 || (found.kind === 'selector' && found.rangeMs)) continue;
    try {
      await evaluate(found, { ...asked, signal: new AbortController().signal });
      counts.worked++;
    } catch (error) {
      counts.failed++;
      if (!(error instanceof QueryError)) throw new Error(`${JSON.stringify(text)}: ${error}`);
    }
  }
  expect(counts.read + counts.refused).toBe(50_000);
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(10_000);
  expect(counts.worked).toBeGreaterThan(500);
  expect(counts.failed).toBeGreaterThan(10);
});
