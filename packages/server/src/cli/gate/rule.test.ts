/** Rules of the gate: what they mean, what is refused in which words, and that no text breaks the reader. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addRules, rulesOf } from './options.ts';
import { parseMetricRule, parseShareRule, RuleError, ruleInUnit } from './rule.ts';

const ratio = (change: number) => ({ scale: 'ratio', change });
const difference = (change: number) => ({ scale: 'difference', change });

describe('a rule about a metric', () => {
  it.each([
    ['p95(frame_time_ms)<=+5%', { fn: 'p95', metric: 'frame_time_ms', limit: ratio(0.05) }],
    [' p99.9 ( http.latency ) <= +2 ms ', { fn: 'p99.9', metric: 'http.latency', unit: 'ms' }],
    ['avg(a(b))>=-12.5%', { fn: 'avg', metric: 'a(b)', sense: 'at least', limit: ratio(-0.125) }],
    ['max(heap)<=0', { fn: 'max', metric: 'heap', limit: difference(0) }],
    ['rate(orders_total)>=-2/s', { fn: 'rate', unit: '/s', limit: difference(-2) }],
    ['min(größe)>=-0%', { metric: 'größe', limit: ratio(-0) }],
  ])('%s is understood', (text, wanted) => {
    expect(parseMetricRule(text)).toMatchObject(wanted);
  });

  it('is written one way, which is understood the same', () => {
    const rule = parseMetricRule(' p95( frame_time_ms ) <= +5 % ');
    expect(rule.text).toBe('p95(frame_time_ms)<=+5%');
    expect(parseMetricRule(rule.text)).toEqual(rule);
  });

  it('is in the unit in which the metric was sent', () => {
    const rule = parseMetricRule('avg(memory_rss)<=+2MiB');
    const inBytes = { unit: 'bytes', limit: difference(2 * 2 ** 20) };
    expect(ruleInUnit(rule, ['bytes'])).toMatchObject(inBytes);
    expect(ruleInUnit(rule, ['s', 'bytes'])).toMatchObject(inBytes);
    expect(ruleInUnit(parseMetricRule('avg(t_seconds)<=+2ms'), [''])).toMatchObject({
      limit: difference(0.002),
    });
    expect(ruleInUnit(rule, ['KiB', 'bytes'])).toBe(
      'memory_rss was sent in several units: KiB, bytes',
    );
    expect(ruleInUnit(rule, ['s'])).toBe('memory_rss was sent in s, and the limit is in MiB');
    expect(ruleInUnit(rule, [])).toEqual(rule);
  });
});

describe('docs/ci.md', () => {
  const page = readFileSync(new URL('../../../../../docs/ci.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(--[a-z-]+) (.+)` \| (.+) \|$/gm)].slice(-22);

  it.each(rows.map((row) => row.slice(1)))('says how %s %s is refused', (option, rule, answer) => {
    const command = addRules(new Command('compare')).exitOverride();
    command.configureOutput({ writeErr: () => {} });
    const said = () => command.parse([option!, rule!], { from: 'user' });
    expect(said).toThrow(`'${rule}' is invalid. ${answer}`);
  });

  it('has all 22 of them', () => {
    expect(rows).toHaveLength(22);
    expect(rows[0]?.[2]).toBe('frame_time_ms<=+5%');
  });

  it('shows rules that are understood', () => {
    const command = addRules(new Command('compare')).exitOverride();
    const shown = [...page.matchAll(/^\| (?:`(--[a-z-]+)`)? *\| `'(.+)'` \|/gm)];
    let option = '';
    const words = shown.flatMap(([, named, rule]) => {
      option = named ?? option;
      return [option, rule!];
    });
    command.parse(words, { from: 'user' });
    expect(rulesOf(command.opts())).toHaveLength(7);
  });
});

it('reads or refuses 50,000 texts, each with one sentence', () => {
  const parts = [
    ...['p95', 'p', 'p99.9999999', 'avg', 'count', 'rate', 'p100', 'é', '(', ')', '((', '))', ''],
    ...['frame_time_ms', 'heap', 'a(b)', ' ', '\n', '\0', '<=', '>=', '<', '=', '+', '-', '5', '0'],
    ...[
      '.',
      '1e999',
      '9'.repeat(400),
      '%',
      'pp',
      'ms',
      'MiB',
      '/s',
      '{tag:x}',
      '💥',
      '\ud800',
      'NaN',
    ],
  ];
  let state = 7;
  const pick = (n: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % n;
  };
  let [read, refused] = [0, 0];
  for (let i = 0; i < 50_000; i++) {
    // Half of them are nearly right.
    const some = (n: number) => Array.from({ length: pick(n) }, () => parts[pick(parts.length)]);
    const near = ['avg(', 'heap', ')', '<=', '+', '5', '%'];
    if (i % 2 === 0) near[pick(near.length)] = some(3).join('');
    const text = i % 2 === 0 ? near.join('') : some(12).join('');
    try {
      if (i % 5 === 0) parseShareRule('crash-free', text);
      else {
        const rule = parseMetricRule(text);
        expect(Number.isFinite(rule.limit.change)).toBe(true);
        expect(parseMetricRule(rule.text)).toEqual(rule);
      }
      read++;
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      expect(error.message).toMatch(/^[^\n]{10,300}\.$/u);
      refused++;
    }
  }
  expect(read + refused).toBe(50_000);
  expect(read).toBeGreaterThan(1_000);
  expect(refused).toBeGreaterThan(10_000);
});
