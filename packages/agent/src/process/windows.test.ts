/** What our script prints on Windows, and what we read of it. */
import { describe, expect, test } from 'vitest';
import { parseBootId, parseTable, script } from './windows.ts';

const text =
  '639156420012345678 4 0 0 12345670 155648 210 5032 1024 2048\r\n' +
  '639156430012345678 8124 4 31250000 15625000 47185920 12 431 900000 1000\r\n' +
  'Get-CimInstance : Access denied\r\n\r\n';

describe('a table of PowerShell', () => {
  test('is read row by row', () => {
    const rows = parseTable(text);
    expect(rows).toHaveLength(2);
    expect(rows[1]).toEqual({
      pid: 8124,
      parent: 4,
      startTime: '639156430012345678',
      state: 'running',
      traced: false,
      userUs: 3_125_000,
      systemUs: 1_562_500,
      childUserUs: 0,
      childSystemUs: 0,
      rssBytes: 47185920,
      threads: 12,
      openFiles: 431,
      readBytes: 900000,
      writtenBytes: 1000,
    });
  });

  test('is asked for all processes or for some', () => {
    expect(script(null)).toMatch(/^Get-CimInstance Win32_Process \| /);
    expect(script([4, 8124])).toContain(" -Filter 'ProcessId=4 or ProcessId=8124' |");
    expect(script(null).match(/\{\d+\}/g)).toHaveLength(10);
  });

  test('is empty when PowerShell failed', () => {
    for (const nothing of ['', 'nonsense', '1 2 3', '1 2 3 4 5 6 7 8 9 x']) {
      expect(parseTable(nothing)).toEqual([]);
    }
  });
});

test('the number of the start of the machine is read from the registry', () => {
  const printed = `
HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management\\PrefetchParameters
    BootId    REG_DWORD    0x1f

`;
  expect(parseBootId(printed)).toBe('boot-31');
  expect(parseBootId('ERROR: The system was unable to find the specified registry key')).toBeNull();
});
