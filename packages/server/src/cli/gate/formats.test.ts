/** Reports of the gate: JUnit as Ant's schema has it, Markdown that nobody's names can break, and exit codes. */
import { describe, expect, it } from 'vitest';
import { junitLines, markdownLines, reportJson, textLines } from './formats.ts';
import { type GateQuestion, judge } from './gate.ts';
import { parseMetricRule, parseShareRule } from './rule.ts';

const look = { width: 100, isColored: false, isUtc: true };
const hostile = 'a|b<i>`"&\u0007\u{1f4a5}';

/** Somebody who answers what the gate asks: 20 sessions a side, the candidate's values `factor` times the base's. */
function asker(factor: number, crashed: number) {
  const json = async (path: string, query: Record<string, unknown> = {}): Promise<never> => {
    if (path === '/api/metrics') return { metrics: [], next: null } as never;
    if (path === '/api/aggregate') {
      const times = query.version === '2' ? factor : 1;
      const groups = Array.from({ length: query.metric === 'absent' ? 0 : 20 }, (_, i) => ({
        results: { [String(query.fn)]: times * (10 + i / 10) },
      }));
      return { groups, complete: true } as never;
    }
    const group = (version: string, bad: number) => {
      return { by: { version }, sessions: 20, crashed: bad, hung: 0 };
    };
    return { groups: [group('1', 0), group('2', crashed)] } as never;
  };
  return { json } as never;
}

async function reportOf(rules: string[], factor: number, more: Partial<GateQuestion> = {}) {
  return judge(asker(factor, 0), {
    product: hostile,
    ...{ base: '1', candidate: '2', filter: {}, alpha: 0.05, isStrict: false },
    rules: rules.map(parseMetricRule),
    ...more,
  });
}

describe('the gate', () => {
  it.each([
    [1, '<=+5%', 'kept', 'done'],
    [1.03, '<=+3%', 'open', 'done'],
    [1.3, '<=+5%', 'broken', 'failed'],
    [1.3, '>=-5%', 'kept', 'done'],
    [0.7, '>=-5%', 'broken', 'failed'],
    [0.7, '<=-20%', 'kept', 'done'],
    [1.3, '<=+2', 'broken', 'failed'],
  ])('with values times %d finds avg(x)%s %s', async (factor, limit, standing, exit) => {
    const report = await reportOf([`avg(x)${limit}`], factor);
    expect([report.judgements[0]!.standing, report.exit]).toEqual([standing, exit]);
  });

  it('fails what is not proven when it is strict, and lets nothing pass unjudged', async () => {
    const strict = await reportOf(['avg(x)<=+3%'], 1.03, { isStrict: true });
    expect(strict.exit).toBe('failed');
    const absent = await reportOf(['avg(x)<=+9%', 'p95(absent)<=+9%'], 1);
    expect(absent.exit).toBe('unjudged');
    expect((await reportOf(['avg(absent)<=+9%', 'avg(x)<=+5%'], 2)).exit).toBe('failed');
  });

  it('shares the chance of a false alarm among the rules', async () => {
    const report = await reportOf(['avg(x)<=+5%', 'max(x)<=+5%', 'min(x)<=+5%'], 1);
    expect(report.level).toBeCloseTo(0.05 / 3, 12);
    const rules = [parseShareRule('crash-free', '>=-0.5pp')];
    const { judgements } = await judge(asker(1, 9), {
      ...{ product: 'p', base: '1', candidate: '2', filter: {}, alpha: 0.05, isStrict: false },
      rules,
    });
    expect(judgements[0]).toMatchObject({ standing: 'broken' });
    expect(judgements[0]!.change).toBeCloseTo(-0.45, 9);
    expect(judgements[0]!.high).toBeLessThan(-0.005);
  });

  it('tells the same in every format', async () => {
    const report = await reportOf(['avg(x)<=+5%', 'avg(absent)<=+5%'], 1.3);
    const text = textLines(look, report).join(' ');
    const markdown = markdownLines(report);
    expect(text).toContain('avg(x)<=+5% is broken, proven: from 10.95 to 14.24, change +30 %');
    expect(text).toContain('no session of 1 and of 2 has a value of avg(absent)');
    expect(markdown[0]).toContain('failed');
    // Names that hold what tables and tags are made of stay text.
    expect(markdown[0]).toContain('a\\|b\\<i\\>\\`"\\&\\\\u0007');
    for (const row of markdown.slice(2, 6)) expect(row.match(/(?<!\\)\|/g)).toHaveLength(7);
    expect(reportJson(report)).toMatchObject({
      passed: false,
      rules: [
        { standing: 'broken', passed: false, limit: 0.05, scale: 'ratio' },
        { standing: 'unjudged', passed: false, p_value: null },
      ],
    });
  });
});

describe('JUnit', () => {
  it('has the elements and attributes of Ant’s schema, and escapes what others named', async () => {
    const rules = ['avg(x)<=+5%', 'max(x)<=+99%', 'avg(absent)<=+5%', `avg(${hostile})<=+5%`];
    const report = await reportOf(rules, 1.3);
    const xml = junitLines(report, new Date(0)).join('\n');
    const root = parse(xml);
    expect(root.name).toBe('testsuites');
    const [suite] = root.children;
    expect(Object.keys(suite!.attributes).sort()).toEqual(
      [
        'errors',
        'failures',
        'hostname',
        'id',
        'name',
        'package',
        'tests',
        'time',
        'timestamp',
      ].sort(),
    );
    expect(suite!.attributes).toMatchObject({ tests: '4', failures: '2', errors: '1' });
    expect(suite!.attributes.timestamp).toBe('1970-01-01T00:00:00');
    expect(suite!.children.map(({ name }) => name)).toEqual([
      'properties',
      ...['testcase', 'testcase', 'testcase', 'testcase'],
      'system-out',
      'system-err',
    ]);
    const cases = suite!.children.filter(({ name }) => name === 'testcase');
    for (const one of cases) {
      expect(Object.keys(one.attributes).sort()).toEqual(['classname', 'name', 'time']);
      for (const child of one.children) {
        expect(['failure', 'error']).toContain(child.name);
        expect(Object.keys(child.attributes).sort()).toEqual(['message', 'type']);
      }
    }
    expect(cases.map(({ children }) => children[0]?.name)).toEqual([
      'failure',
      undefined,
      'error',
      'failure',
    ]);
    expect(cases[3]!.attributes.name).toBe(`avg(${hostile.replace('\u0007', '\\u0007')})<=+5%`);
  });
});

interface Node {
  name: string;
  attributes: Record<string, string>;
  children: Node[];
}

/** Reads XML as strictly as is needed to see that it is some: balanced, escaped, attributes quoted. */
function parse(xml: string): Node {
  const root: Node = { name: '', attributes: {}, children: [] };
  const open = [root];
  const rest = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  const token = /<(\/?)([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  while (token.lastIndex < rest.length) {
    const found = token.exec(rest);
    if (found === null) throw new Error('not XML');
    const [, closes, name = '', attributes = '', isEmpty, text] = found;
    if (text !== undefined || attributes.includes('&')) {
      expect(`${text ?? attributes}`.replace(/&(amp|lt|gt|quot);/g, '')).not.toContain('&');
    }
    if (text !== undefined) continue;
    if (closes === '/') {
      expect(open.pop()?.name).toBe(name);
      continue;
    }
    const node: Node = { name, attributes: {}, children: [] };
    for (const [, key = '', value = ''] of attributes.matchAll(/ ([\w-]+)="([^"]*)"/g)) {
      node.attributes[key] = value
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&amp;', '&');
    }
    open.at(-1)!.children.push(node);
    if (isEmpty === '') open.push(node);
  }
  expect(open).toHaveLength(1);
  return root.children[0]!;
}
