/** The line of a process and the status of an end, as kernels write them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exitStatusOf, parseStat } from './stat.ts';

/** Recorded from a kernel 6.18: the name, the state and the end of the line vary in the tests. */
function line({ name = 'cat', state = 'R', status = '0' } = {}): string {
  return `3325 (${name}) ${state} 3319 3318 415 0 -1 4194304 100 7 0 0 11 12 13 14 20 0 5 0 3551247 3133440 385 18446744073709551615 93993285005312 93993285025193 140724698175312 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 93993285041200 93993285042816 93993933721600 140724698176224 140724698176244 140724698176244 140724698177515 ${status}\n`;
}

describe('the line of a process', () => {
  test('is read field by field', () => {
    expect(parseStat(line({ status: '2304' }))).toEqual({
      pid: 3325,
      state: 'R',
      parent: 3319,
      userTicks: 11,
      systemTicks: 12,
      childUserTicks: 13,
      childSystemTicks: 14,
      threads: 5,
      startTime: '3551247',
      rssPages: 385,
      exitCode: 2304,
    });
  });

  test('is read whatever the program is called', () => {
    const hostile = fc.constantFrom(') Z 1 1', 'a b', '((', ') (', 'x) S 9 9 9', '');
    fc.assert(
      fc.property(fc.oneof(fc.string(), hostile), (name) => {
        expect(parseStat(line({ name, state: 'T' }))).toEqual({
          ...parseStat(line()),
          state: 'T',
        });
      }),
    );
  });

  test('is none when it breaks off or holds something else', () => {
    for (const text of ['', 'nonsense', '3325 (cat', '3325 (cat) R 1', ')(']) {
      expect(parseStat(text)).toBeNull();
    }
  });
});

describe('the status of an end', () => {
  test.each([
    [0, { code: 0 }],
    [1 << 8, { code: 1 }],
    [255 << 8, { code: 255 }],
    [(128 + 9) << 8, { code: 137 }],
    [9, { signal: 'SIGKILL', coreDumped: false }],
    [15, { signal: 'SIGTERM', coreDumped: false }],
    [11 | 0x80, { signal: 'SIGSEGV', coreDumped: true }],
    [64, { signal: 'SIG64', coreDumped: false }],
  ])('%i is understood', (status, expected) => {
    expect(exitStatusOf(status)).toEqual(expected);
  });
});
