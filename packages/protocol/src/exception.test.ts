/** Exceptions fall into one group per bug, and the ids of groups never change. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventRecord } from './event.ts';
import { exceptionKind, groupFrames } from './exception.ts';

function event(parts: Partial<EventRecord>): EventRecord {
  const blank = { group: '', labels: null, message: '', data: null };
  return { name: 'exception', level: 'error', category: 'error', ...blank, ...parts };
}

function idOf(parts: Partial<EventRecord>): string | undefined {
  return exceptionKind(event({ exception_type: 'ValueError', ...parts }))?.id;
}

const python = (version: string, line: number): string[] => [
  'Traceback (most recent call last):\n',
  `  File "/opt/shop-${version}/main.py", line ${line}, in main\n    run()\n`,
  `  File "/opt/shop-${version}/cart.py", line ${line + 7}, in total\n    sum(x)\n`,
  `ValueError: no item ${line}\n`,
];

describe('exceptions', () => {
  it('are none without a type', () => {
    expect(exceptionKind(event({ stacktrace: ['x'] }))).toBeUndefined();
    expect(exceptionKind(event({ exception_type: '' }))).toBeUndefined();
  });

  it('have an id that links can hold on to', () => {
    expect(idOf({ stacktrace: python('1.0', 3) })).toBe('31efccd19db7');
    expect(idOf({ exception_msg: 'no item 7' })).toBe('d75166ac3d5f');
  });

  it('are of one group in every version of the program', () => {
    expect(idOf({ stacktrace: python('1.0', 3) })).toBe(idOf({ stacktrace: python('2.4.1', 90) }));
  });

  it('are told apart by type and by the innermost calls', () => {
    const stacktrace = python('1.0', 3);
    const ids = [
      idOf({ stacktrace }),
      idOf({ stacktrace, exception_type: 'KeyError' }),
      idOf({ stacktrace: stacktrace.map((line) => line.replace('total', 'price')) }),
      idOf({ stacktrace: stacktrace.map((line) => line.replace('cart.py', 'till.py')) }),
    ];
    expect(new Set(ids).size).toBe(4);
  });

  it('do not differ by who called from far away', () => {
    const inner = Array.from({ length: groupFrames }, (_, i) => `    at f${i} (/a/b${i}.js:1:1)`);
    const far = (name: string) => [...inner, `    at ${name} (/a/z.js:1:1)`];
    expect(idOf({ stacktrace: far('one') })).toBe(idOf({ stacktrace: far('two') }));
    expect(exceptionKind(event({ exception_type: 'E', stacktrace: far('one') }))?.frames).toEqual(
      inner.map((_, i) => ({ function: `f${i}`, file: `b${i}.js` })),
    );
  });

  it('do not count the line with type and message among the calls', () => {
    const stacktrace = ['ValueError: no item 7', 'first call', 'second call'];
    const frames = exceptionKind(event({ exception_type: 'ValueError', stacktrace }))?.frames;
    expect(frames?.map((frame) => frame.function)).toEqual(['first call', 'second call']);
  });

  it('without a stack trace are told apart by their source, and without that by their message', () => {
    const source = { source_function: 'total', source_file: '/opt/1.0/cart.py' };
    expect(idOf({ ...source, source_line: 4 })).toBe(
      idOf({ ...source, source_file: 'C:\\shop\\cart.py', source_line: 9 }),
    );
    expect(idOf(source)).not.toBe(idOf({ ...source, source_function: 'price' }));
    expect(idOf({ exception_msg: 'no item 7 in "a b"' })).toBe(
      idOf({ exception_msg: 'no item 12 in "c"' }),
    );
    expect(idOf({ exception_msg: 'no item' })).not.toBe(idOf({ exception_msg: 'no such item' }));
  });

  it('of many kinds have many ids', () => {
    const ids = new Set<string | undefined>();
    for (let i = 0; i < 20_000; i++)
      ids.add(idOf({ stacktrace: [`at f${i}x (a${i % 7}.js:1:1)`] }));
    expect(ids.size).toBe(20_000);
  });

  it('have an id of 12 hexadecimal digits, whatever was sent', () => {
    const anything = fc.record({
      exception_type: fc.string({ minLength: 1, unit: 'binary' }),
      exception_msg: fc.string({ unit: 'binary' }),
      stacktrace: fc.array(fc.string({ unit: 'binary' }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(anything, (parts) => {
        expect(idOf(parts)).toMatch(/^[0-9a-f]{12}$/);
      }),
    );
  });
});
