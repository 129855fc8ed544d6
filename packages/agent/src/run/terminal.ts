/** The terminal that we run in, as far as it says who gets its signals. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/**
 * Whether a signal that reached us reached everybody in the foreground of our terminal: then the
 * command, which is there with us, has it too.
 */
export function isInFront(signal: string): boolean {
  // A terminal that hung up is no longer there, and told everybody; otherwise somebody sent it.
  if (signal === 'SIGHUP') return hadTerminal && !hasTerminal();
  const group = groupOf();
  return group !== undefined && group.foreground === group.own;
}

/** Process group of ours, and the one in the foreground of our terminal; undefined without a terminal. */
function groupOf(): { own: number; foreground: number } | undefined {
  if (process.platform === 'win32') return undefined;
  try {
    const text = process.platform === 'linux' ? linuxStat() : otherStat();
    const [own = 0, foreground = 0] = text;
    return own > 0 && foreground > 0 ? { own, foreground } : undefined;
  } catch {
    return undefined;
  }
}

function linuxStat(): number[] {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // After the name, which may hold anything: state, parent, group, session, terminal, foreground.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [Number(fields[2]), Number(fields[5])];
}

function otherStat(): number[] {
  const args = ['-o', 'pgid=,tpgid=', '-p', String(process.pid)];
  const { stdout } = spawnSync('ps', args, { encoding: 'utf8', timeout: psTimeoutMs });
  return stdout.trim().split(/\s+/).map(Number);
}

const psTimeoutMs = 1_000;

/** Whether we had a terminal when we started. */
const hadTerminal = hasTerminal();

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/** What a process does about signals, a bit for each. */
export interface ProcessSignals {
  caught: bigint;
  ignored: bigint;
}

/** Undefined where nobody says, and for a process that is gone. */
export function signalsOf(pid: number): ProcessSignals | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    if (/^State:\s+[ZX]/m.test(status)) return undefined;
    const mask = (name: string): bigint => {
      return BigInt(`0x${new RegExp(`^${name}:\\s+([0-9a-f]+)$`, 'm').exec(status)?.[1]}`);
    };
    return { caught: mask('SigCgt'), ignored: mask('SigIgn') };
  } catch {
    return undefined;
  }
}
