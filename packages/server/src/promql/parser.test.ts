/** What PromQL is understood as. */
import { describe, expect, it } from 'vitest';
import { parse } from './parser.ts';

/** The expression with brackets around everything. */
function shown(text: string): string {
  const show = (found: ReturnType<typeof parse>): string => {
    switch (found.kind) {
      case 'number':
        return String(found.value);
      case 'text':
        return JSON.stringify(found.text);
      case 'negative':
        return `(-${show(found.body)})`;
      case 'binary':
        return `(${show(found.left)} ${found.operator} ${show(found.right)})`;
      case 'call':
        return `${found.name}(${found.args.map(show).join(', ')})`;
      case 'aggregate':
        return `${found.name} ${found.without ? 'without' : 'by'}(${found.labels}) ${show(found.body)}`;
      case 'selector':
        return `{${found.matchers.map((m) => `${m.label}${m.operator}${m.value}`)}}[${found.rangeMs ?? ''}]${found.offsetMs}`;
    }
  };
  return show(parse(text));
}

describe('PromQL', () => {
  it.each([
    ['1 + 2 * 3 ^ 4 ^ 5', '(1 + (2 * (3 ^ (4 ^ 5))))'],
    ['-1 ^ 2 - -3', '((-(1 ^ 2)) - (-3))'],
    ['2 ^ -1', '(2 ^ (-1))'],
    [
      'a or b and c unless d',
      '({__name__=a}[]0 or (({__name__=b}[]0 and {__name__=c}[]0) unless {__name__=d}[]0))',
    ],
    ['a == bool 1', '({__name__=a}[]0 == 1)'],
    ['rate(a:b{c="d",}[1h30m] offset -5m)', 'rate({__name__=a:b,c=d}[5400000]-300000)'],
    ['SUM(a) BY (b, c)', 'sum by(b,c) {__name__=a}[]0'],
    ['sum without () (a)', 'sum without() {__name__=a}[]0'],
    ['{"http.latency", "x"!~`a\\d`}', '{__name__=http.latency,x!~a\\d}[]0'],
    ['sum', '{__name__=sum}[]0'],
    ['by{offset="1"}', '{__name__=by,offset=1}[]0'],
    ['# a remark\n1 # another', '1'],
    ['"\\x41\\u00e9\\n\\\'"', '"Aé\\n\'"'],
    ['0x1f + .5e1 + inf + NaN', '(((31 + 5) + Infinity) + NaN)'],
    ['time()', 'time()'],
  ])('reads %s', (text, meant) => {
    expect(shown(text)).toBe(meant);
  });

  it('takes chains and brackets up to their bounds', () => {
    expect(() => parse(`${'('.repeat(100)}1${')'.repeat(100)}`)).not.toThrow();
    expect(() => parse(`${'('.repeat(101)}1${')'.repeat(101)}`)).toThrow(/nested/);
    expect(() => parse(Array(101).fill('1').join('+'))).not.toThrow();
    expect(() => parse(Array(102).fill('1').join('+'))).toThrow(/chained/);
    expect(() => parse(`${' '.repeat(9_999)}1`)).not.toThrow();
    expect(() => parse(`${' '.repeat(10_000)}1`)).toThrow(/10001 characters/);
  });
});
