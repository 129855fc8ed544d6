/** What `ps` of macOS prints, and what we read of it. */
import { describe, expect, test } from 'vitest';
import { parsePs } from './macos.ts';

const text = `    1     0 Ss       4004  20128   0:12.34   1:02.50 Sun Nov 22 08:01:02 2026
  812     1 S+    4004004  51200 123:45.67 200:00.00 Wed Nov 25 12:36:24 2026
  813   812 TX       4804   1024   0:00.01   0:00.02 Wed Nov  4 00:00:00 2026
  814   812 Z        6000      0   0:00.00   0:00.00 Wed Nov 25 12:36:25 2026
`;

describe('a table of ps', () => {
  test('is read row by row', () => {
    const rows = parsePs(text);
    expect(rows.map(({ pid, parent, state }) => [pid, parent, state])).toEqual([
      [1, 0, 'running'],
      [812, 1, 'running'],
      [813, 812, 'stopped'],
      [814, 812, 'zombie'],
    ]);
    expect(rows[1]).toMatchObject({
      startTime: String(Date.UTC(2026, 10, 25, 12, 36, 24) / 1000),
      userUs: (123 * 60 + 45.67) * 1e6,
      systemUs: (200 * 60 - 123 * 60 - 45.67) * 1e6,
      rssBytes: 50 * 1024 * 1024,
      threads: null,
    });
    expect(rows[2]?.startTime).toBe(String(Date.UTC(2026, 10, 4) / 1000));
  });

  test('tells who is traced', () => {
    expect(parsePs(text).map((row) => row.traced)).toEqual([false, false, true, false]);
  });

  test('reads longer times as well', () => {
    const [row] = parsePs('7 1 S 4004 8 1:00:00.00 2-01:00:00 Wed Nov 25 12:36:24 2026');
    expect(row).toMatchObject({ userUs: 3600e6, systemUs: 48 * 3600e6 });
  });

  test('is empty when ps failed', () => {
    for (const nothing of [
      '',
      '\n',
      'ps: illegal option',
      '1 2 3',
      '7 1 S 0 8 x x Foo Bar 1 1 1',
    ]) {
      expect(parsePs(nothing)).toEqual([]);
    }
  });
});
