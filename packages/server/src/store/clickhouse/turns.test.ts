/** Turns never go back, whatever the clock does and whoever was heard. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

const instant = fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 2 ** 52 }));

const step = fc.oneof(
  fc.record({ nowUs: instant, count: fc.integer({ min: 1, max: 10 }) }),
  fc.record({ seen: instant }),
);

describe('turns', () => {
  it('are the clock, or one more than all that were given and seen', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const turns = new Turns();
        let last = 0;
        for (const each of steps) {
          if ('seen' in each) {
            turns.see(each.seen);
            last = Math.max(last, each.seen);
            continue;
          }
          const { nowUs, count } = each;
          const turn = turns.next(nowUs, count);
          expect(turn).toBe(nowUs > last ? nowUs : last + 1);
          last = turn + count - 1;
        }
      }),
    );
  });

  it('are taken one at a time unless asked for more', () => {
    const turns = new Turns();
    expect([turns.next(10), turns.next(10), turns.next(10, 3), turns.next(10)]).toEqual([
      10, 11, 12, 15,
    ]);
  });

  it('follow the clock after it was ahead for a while', () => {
    const turns = new Turns();
    turns.next(1_000);
    expect(turns.next(400)).toBe(1_001);
    expect(turns.next(2_000)).toBe(2_000);
  });

  it('come after those of a server whose clock is ahead, not of one that is behind', () => {
    const turns = new Turns();
    turns.see(5_000);
    turns.see(3_000);
    expect(turns.next(100)).toBe(5_001);
    turns.see(200);
    expect(turns.next(100)).toBe(5_002);
  });

  it('tell servers apart by a number of 64 bits that is never 0', () => {
    const servers = Array.from({ length: 100 }, () => new Turns().server);
    expect(new Set(servers).size).toBe(100);
    expect(servers.every((server) => server > 0n && server < 2n ** 64n)).toBe(true);
    expect(servers.every((server) => (server & 1n) === 1n)).toBe(true);
  });
});
