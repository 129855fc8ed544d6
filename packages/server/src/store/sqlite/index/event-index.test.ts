/** The index of events finds what `matchesText` says, while it lags, merges, forgets and starts over. */
import { type EventRecord, levels, matchesText } from '@tacho/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Plan, sessionId } from '../../contract/plan.ts';
import { EventIndex } from './event-index.ts';
import { clausesOf, type EventCriteria, meetsCriteria, termsOf } from './event-terms.ts';
import { PartBench } from './testing/bench.ts';

const any: EventCriteria = { names: [], levels: [] };

/** Texts made of what is likely to be taken apart in two ways. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          'Straße',
          'STRASSE',
          'ǅ',
          'İstanbul',
          'ıssız',
          'naïve',
          'nai\u0308ve',
          'e\u0301',
          '中文',
          '한국어',
        ],
        ...[
          'foo_bar',
          'foo-bar',
          'a1b2',
          '٣٤',
          '½',
          '𝒜𝓑',
          '👍',
          '\ud800',
          '\u0000',
          '🇩🇪',
          'ﬁn',
          'Ⅷ',
          'ǆ',
        ],
        ...[
          'x'.repeat(120),
          'x'.repeat(100),
          `${'x'.repeat(100)}y`,
          'é'.repeat(60),
          "don't",
          'ᾳ',
          'Σίσυφος',
          'ς',
        ],
      ),
      fc.string({ maxLength: 6, unit: 'binary' }),
      fc.string({ maxLength: 6 }),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(' '));

/** A text, the beginning of one, or one with its case changed. */
const asked = fc
  .tuple(nasty, fc.nat({ max: 12 }), fc.boolean())
  .map(([text, cut, upper]) => (upper ? text.toUpperCase() : text).slice(0, cut || undefined));

const names = fc.constantFrom(
  'start',
  'stop',
  'n'.repeat(150),
  `${'n'.repeat(149)}m`,
  '\ufffd',
  '\ud801',
);

const record = fc.record({
  name: fc.oneof(names, nasty),
  level: fc.constantFrom(...levels),
  message: nasty,
  exception_type: nasty,
  exception_msg: nasty,
});

describe('the terms of an event', () => {
  it('are met by the clauses of a question whenever the event is what was asked for', () => {
    const criteria = fc.record({
      text: asked,
      names: fc.array(names, { maxLength: 2 }),
      levels: fc.subarray([...levels]),
    });
    fc.assert(
      fc.property(record, criteria, fc.boolean(), (parts, wanted, hasText) => {
        const event = { ...blank, ...parts } as EventRecord;
        const given = hasText ? wanted : { names: wanted.names, levels: wanted.levels };
        const terms = [...termsOf(event)];
        const clauses = clausesOf(given);
        const isFound =
          clauses?.all.every(({ terms: alternatives, prefix }) =>
            terms.some(
              (term) =>
                alternatives.includes(term) || (prefix !== undefined && term.startsWith(prefix)),
            ),
          ) ?? false;
        const meets = meetsCriteria(event, given);
        if (clauses?.isVague) expect(isFound || !meets).toBe(true);
        else expect(isFound).toBe(meets);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the index of events', () => {
  let bench: PartBench<EventIndex>;

  beforeEach(async () => {
    bench = await PartBench.open((main, index) => {
      return new EventIndex(main, index, { tail: 128, merged: 2_048 });
    });
  });

  afterEach(() => bench.close());

  /** Names of what is found, the newest first. */
  function found(criteria: EventCriteria, before = Number.POSITIVE_INFINITY): string[] {
    return bench.within((part) => {
      part.catchUp();
      return [...part.newest(criteria, undefined, before)].map((id) => {
        const row = bench.main.prepare('SELECT name FROM event WHERE id = ?').get(id);
        return (row as { name: string }).name;
      });
    });
  }

  function sessionsWith(criteria: EventCriteria): number[] {
    return bench.within((part) => {
      part.catchUp();
      return [...part.sessionsWith(criteria)];
    });
  }

  function event(session: number, name: string, parts: Partial<EventRecord> = {}): Plan {
    return { session, kind: 'event', event: { name, ...parts } };
  }

  it('finds nasty texts exactly where they match, as the memory of the newest and as segments', async () => {
    const events = fc.array(record, { minLength: 1, maxLength: 12 });
    let session = 0;
    await fc.assert(
      fc.asyncProperty(events, asked, async (records, text) => {
        session++;
        await bench.store.say(
          { session, kind: 'start' },
          ...records.map((parts): Plan => ({ session, kind: 'event', event: parts })),
        );
        const hit = records.some((parts) =>
          matchesText({ ...blank, ...parts } as EventRecord, text),
        );
        const no = bench.no(sessionId(session))!;
        const criteria = { ...any, text };
        expect(sessionsWith(criteria).includes(no)).toBe(hit);
        const size = bench.within((part) => [...part.newest(criteria, undefined, 1e15)].length);
        bench.within((part) => part.flush());
        expect(sessionsWith(criteria).includes(no)).toBe(hit);
        expect(bench.within((part) => [...part.newest(criteria, undefined, 1e15)].length)).toBe(
          size,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('answers for all that is committed, however little of it was taken up', async () => {
    await bench.store.say({ session: 1, kind: 'start' }, event(1, 'a', { message: 'Disk full' }));
    bench.within((part) => part.step(1));
    await bench.store.say(event(1, 'b', { message: 'disks fullness' }));
    expect(found({ ...any, text: 'disk full' })).toEqual(['a']);
    expect(found({ ...any, text: 'disks full' })).toEqual(['b']);
    expect(found({ ...any, text: 'full' })).toEqual(['b', 'a']);
    expect(found({ ...any, text: ' - ' })).toEqual([]);
    expect(found(any)).toEqual(['b', 'a']);
    expect(found({ ...any, names: ['a'] })).toEqual(['a']);
    expect(found({ names: ['a', 'b'], levels: ['error'] })).toEqual([]);
  });

  it('stays the same through thousands of events, merges, deletions and restarts', async () => {
    const words = ['alpha', 'beta', 'gamma'];
    const events = (from: number, count: number): Plan[] =>
      Array.from({ length: count }, (_, i) =>
        event(1 + ((from + i) % 3), `e${from + i}`, { message: words[(from + i) % 7] ?? 'rest' }),
      );
    await bench.store.say(...[1, 2, 3].map((session): Plan => ({ session, kind: 'start' })));
    const all: string[] = [];
    for (let i = 0; i < 5_000; i += 500) {
      await bench.store.say(...events(i, 500));
      for (let k = 0; k < 500; k++) all.unshift(`e${i + k}`);
      if (i === 3_000) {
        bench.catchUp(70);
        bench.restart();
      }
    }
    const check = (isLive: (name: string) => boolean) => {
      const nameNo = (name: string) => Number(name.slice(1));
      const live = all.filter(isLive);
      const beta = live.filter((name) => nameNo(name) % 7 === 1);
      expect(found({ ...any, text: 'bet' })).toEqual(beta);
      expect(found({ ...any, text: 'beta' }).slice(0, 50)).toEqual(beta.slice(0, 50));
      expect(found({ ...any, names: ['e3', 'e4999'] })).toEqual(
        live.filter((name) => name === 'e3' || name === 'e4999'),
      );
      expect(found({ ...any, text: 'delta' })).toEqual([]);
      expect(sessionsWith({ ...any, text: 'gamma' })).toEqual(
        [1, 2, 3].filter((no) => bench.no(sessionId(no))),
      );
    };
    check(() => true);
    bench.catchUp(90);
    check(() => true);
    const levelsOf = () => bench.index.prepare('SELECT level FROM event_segment').all();
    expect(levelsOf().some((row) => (row as { level: number }).level === 1)).toBe(true);
    // One merge cut short leaves nothing behind.
    bench.restart();
    check(() => true);
    await bench.store.say({ session: 1, kind: 'end' }, { session: 2, kind: 'end' });
    await bench.store.store.expire({ beforeUs: bench.store.time.nowUs + 1, sessionsMax: 10 });
    bench.catchUp(90);
    check((name) => Number(name.slice(1)) % 3 === 2);
    bench.restart();
    check((name) => Number(name.slice(1)) % 3 === 2);
    await bench.expireAll();
    bench.catchUp(90);
    expect(found(any)).toEqual([]);
    for (const table of ['event_segment', 'event_leaf']) {
      expect(bench.index.prepare(`SELECT count(*) AS n FROM ${table}`).get()).toEqual({ n: 0 });
    }
    await bench.store.say({ session: 9, kind: 'start' }, event(9, 'again'));
    expect(found(any)).toEqual(['again']);
  });
});

const blank = { category: '', group: '', labels: null, data: null };
