/** Windows: by PowerShell. Its output is parsed in tests everywhere; it is run for real only by the workflow. */
import { execFile, execFileSync } from 'node:child_process';
import { isAlive, type Processes } from '../process.ts';
import { type TableRow, tableProcesses } from './table.ts';

/**
 * Processes of a Windows system. Suspended ones and debuggers are not told, nor how a process ended.
 * PowerShell takes its time: a start time is known a second after it was first asked for.
 */
export function windowsProcesses(): Processes {
  return tableProcesses({
    list(pids, done) {
      execFile('powershell.exe', [...flags, script(pids)], options, (error, text) => {
        done(error ? null : parseTable(text));
      });
    },
    isAlive,
    nowMs: () => performance.now(),
    rowAgeMs: 300_000,
    bootId: () => parseBootId(registry()),
  });
}

const flags = ['-NoProfile', '-NonInteractive', '-Command'];

const options = { windowsHide: true, timeout: 30_000, maxBuffer: 16 * 1024 * 1024 };

const fields = [
  'ProcessId',
  'ParentProcessId',
  'UserModeTime',
  'KernelModeTime',
  'WorkingSetSize',
  'ThreadCount',
  'HandleCount',
  'ReadTransferCount',
  'WriteTransferCount',
];

/** Prints one line per process: the start as ticks of 100 ns, then the fields. */
export function script(pids: readonly number[] | null): string {
  const filter =
    pids === null ? '' : ` -Filter '${pids.map((pid) => `ProcessId=${pid}`).join(' or ')}'`;
  const values = fields.map((field) => `$_.${field}`).join(',');
  const places = fields.map((_, i) => `{${i + 1}}`).join(' ');
  return `Get-CimInstance Win32_Process${filter} | Where-Object CreationDate | ForEach-Object { '{0} ${places}' -f $_.CreationDate.ToUniversalTime().Ticks,${values} }`;
}

/** Reads what the script printed; lines that are none are left out. */
export function parseTable(text: string): TableRow[] {
  const rows: TableRow[] = [];
  for (const line of text.split('\n')) {
    if (!/^\d+( \d+){9}\s*$/.test(line)) continue;
    const [startTime = '', ...rest] = line.trim().split(' ');
    const [pid = 0, parent = 0, user = 0, kernel = 0, rss = 0, ...more] = rest.map(Number);
    const [threads = 0, handles = 0, read = 0, written = 0] = more;
    rows.push({
      pid,
      parent,
      startTime,
      state: 'running',
      traced: false,
      userUs: user / 10,
      systemUs: kernel / 10,
      childUserUs: 0,
      childSystemUs: 0,
      rssBytes: rss,
      threads,
      openFiles: handles,
      readBytes: read,
      writtenBytes: written,
    });
  }
  return rows;
}

const bootKey =
  'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management\\PrefetchParameters';

function registry(): string {
  try {
    return execFileSync('reg.exe', ['query', bootKey, '/v', 'BootId'], {
      windowsHide: true,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5_000,
    });
  } catch {
    return '';
  }
}

/** The number of the start of the machine that `reg query` printed; null when there is none. */
export function parseBootId(text: string): string | null {
  const number = /BootId\s+REG_DWORD\s+0x([\da-f]+)/i.exec(text)?.[1];
  return number === undefined ? null : `boot-${Number.parseInt(number, 16)}`;
}
