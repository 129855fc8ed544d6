/** Events, states and streams as lines. */
import { applyPatch } from '@tacho/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventText, eventLines } from './event-text.ts';
import type { Look } from './look.ts';
import { type ServerEvent, serverEvents } from './sse.ts';
import { differenceLines, stateLines, valueText } from './state-text.ts';
import { cellsOf } from './text.ts';

const look: Look = { width: 60, isColored: false, isUtc: true };

const event: EventText = {
  timestamp: '2026-03-01T14:03:20.123456Z',
  name: 'save_failed',
  level: 'error',
  group: 'disk',
  message: 'cannot save',
  data: { path: '/tmp/x' },
};

describe('an event', () => {
  it('is one line that fits, with its frames below it', () => {
    expect(eventLines(look, event)).toEqual([
      '14:03:20.123 error save_failed [disk] cannot save {"path":"…',
    ]);
    const exception = {
      ...event,
      data: null,
      exception_type: 'IOError',
      exception_msg: 'cannot save',
      stacktrace: ['at a', '  at b', 'at c'],
    };
    expect(eventLines({ ...look, width: 100 }, exception, { frames: 2, withDay: true })).toEqual([
      '2026-03-01 14:03:20.123Z error save_failed [disk] cannot save',
      '      at a',
      '      at b',
      '      … and 1 more',
    ]);
  });

  it('never is wider than the terminal unless its name is, nor more than one line', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 40, max: 90 }),
        (text, width) => {
          const [line = ''] = eventLines({ ...look, width }, { ...event, message: text });
          expect(cellsOf(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/\n/);
        },
      ),
    );
  });
});

describe('a state', () => {
  it('is indented, and what changed last is marked', () => {
    const state = { product: 'shop', scene: { name: 'true', light: true }, empty: {}, n: 12n };
    expect(stateLines(look, state, new Set(['scene.name']))).toEqual([
      '  product: shop',
      '  scene',
      '*   name: "true"',
      '    light: true',
      '  empty: {}',
      '  n: 12',
    ]);
  });

  it('shows texts so that no two values look alike', () => {
    const values = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    fc.assert(
      fc.property(values, values, (a, b) => {
        fc.pre(a !== b && JSON.stringify(a) !== JSON.stringify(b));
        const isPlain = (value: unknown) => typeof value !== 'string' || /^[ -~]*$/.test(value);
        fc.pre(isPlain(a) && isPlain(b) && !String(a).includes('\\') && !String(b).includes('\\'));
        expect(valueText(a)).not.toBe(valueText(b));
      }),
    );
  });

  it('differs by what came, went and changed', () => {
    const lines = differenceLines(look, [
      { path: 'a', after: 1 },
      { path: 'b', before: 'x' },
      { path: 'c', before: 1, after: applyPatch({}, { d: 1 }) },
    ]);
    expect(lines).toEqual(['+ a: 1', '- b: x', '~ c: 1 → {"d":1}']);
  });
});

describe('a stream of server-sent events', () => {
  const text = [
    ': hello',
    '',
    'id: 1',
    'data: {"a":1}',
    '',
    'event: gap',
    'data: x',
    'data:  y',
    '',
    'id: 3',
    'data',
    '',
    'data: unfinished',
  ];
  const expected: ServerEvent[] = [
    { id: '1', name: 'message', data: '{"a":1}' },
    { id: '1', name: 'gap', data: 'x\n y' },
    { id: '3', name: 'message', data: '' },
  ];

  it('is read the same wherever it is cut, with any line ends', async () => {
    const ends = fc.constantFrom('\n', '\r\n', '\r');
    await fc.assert(
      fc.asyncProperty(ends, fc.integer({ min: 1, max: 30 }), async (end, length) => {
        const whole = text.join(end);
        const pieces = (async function* () {
          for (let from = 0; from < whole.length; from += length) {
            yield whole.slice(from, from + length);
          }
        })();
        const found: ServerEvent[] = [];
        for await (const one of serverEvents(pieces)) found.push(one);
        expect(found).toEqual(expected);
      }),
    );
  });
});
