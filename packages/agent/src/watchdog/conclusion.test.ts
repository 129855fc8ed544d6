/** Which cause follows from what is known of a dead process, case by case. */
import { describe, expect, test } from 'vitest';
import type { Resources } from '../process.ts';
import { TestLedger } from '../testing/watched.ts';
import { causeResources, conclude, type Death } from './conclusion.ts';
import type { WatchedSession } from './session.ts';

const atUs = 1_000e6;

function concluded(session: Partial<WatchedSession>, death: Partial<Death> = {}) {
  return conclude(new TestLedger().add(session), {
    atUs,
    oom: false,
    rebooted: false,
    bootId: null,
    silentMs: 0,
    resources: null,
    ...death,
  });
}

const segv = { signal: 'SIGSEGV', coreDumped: true };
const kill = { signal: 'SIGKILL', coreDumped: false };
const hung = { hungSinceUs: atUs - 9e6 };

describe('a cause', () => {
  test.each<[string, Partial<WatchedSession>, Partial<Death>, string]>([
    ['uncaught, whatever status it made', { exit: { uncaught: true, code: 1 } }, {}, 'uncaught'],
    ['uncaught, although hung', { exit: { uncaught: true }, ...hung }, {}, 'uncaught'],
    ['status 0', { exit: { code: 0 } }, {}, 'exited'],
    ['status 0, seen of a zombie', {}, { status: { code: 0 } }, 'exited'],
    ['status 0, although hung', { exit: { code: 0 }, ...hung }, {}, 'exited'],
    ['another status', { exit: { code: 1 } }, {}, 'failed'],
    ["a shell's status for a signal", { exit: { code: 137 } }, { oom: true }, 'failed'],
    ['a window closed', { exit: { code: 0xc000013a } }, {}, 'terminated_by_user'],
    ['SIGINT', { exit: { signal: 'SIGINT' } }, {}, 'terminated_by_user'],
    ['SIGTERM', { exit: { signal: 'SIGTERM' } }, {}, 'terminated_by_user'],
    ['SIGHUP', {}, { status: { signal: 'SIGHUP', coreDumped: false } }, 'terminated_by_user'],
    [
      'a caught SIGTERM',
      { exit: { signal: 'SIGTERM' } },
      { status: { code: 143 } },
      'terminated_by_user',
    ],
    ['SIGTERM while hung', { exit: { signal: 'SIGTERM' }, ...hung }, {}, 'killed_while_hung'],
    ['SIGKILL', { exit: { signal: 'SIGKILL' } }, {}, 'signaled'],
    ['SIGKILL while hung', hung, { status: kill }, 'killed_while_hung'],
    ['SIGKILL by the kernel', { exit: { signal: 'SIGKILL' } }, { oom: true }, 'out_of_memory'],
    ['SIGKILL by the kernel while hung', hung, { status: kill, oom: true }, 'out_of_memory'],
    ['SIGSEGV, and memory was short elsewhere', {}, { status: segv, oom: true }, 'signaled'],
    ['an orderly word and a disorderly end', { exit: { code: 0 } }, { status: segv }, 'signaled'],
    ['no status, memory short', {}, { oom: true }, 'out_of_memory'],
    ['no status, hung', hung, {}, 'killed_while_hung'],
    ['no status, an exception just before', { lastExceptionUs: atUs - 4e6 }, {}, 'uncaught'],
    ['no status, an exception long before', { lastExceptionUs: atUs - 6e6 }, {}, 'crashed'],
    ['said to be exiting, and gone', { exit: { atUs: atUs - 9e6 } }, {}, 'exited'],
    ['said to be exiting, and long not gone', { exit: { atUs: atUs - 11e6 } }, {}, 'crashed'],
    ['said to be exiting, with a status', { exit: { atUs } }, { status: { code: 1 } }, 'failed'],
    [
      'an exit of somebody else, after which the program spoke on',
      { exit: { code: 0, atUs: atUs - 60e6 }, lastActivityUs: atUs - 49e6 },
      {},
      'crashed',
    ],
    [
      'an exit while the last of what was said was on its way',
      { exit: { code: 0, atUs: atUs - 60e6 }, lastActivityUs: atUs - 55e6 },
      {},
      'exited',
    ],
    [
      'an exit that a parent saw, whatever is said later',
      { parent: true, exit: { code: 3, atUs: atUs - 60e6 }, lastActivityUs: atUs },
      {},
      'failed',
    ],
    ['a reboot', {}, { rebooted: true }, 'machine_lost'],
    ['a reboot while hung', hung, { rebooted: true }, 'machine_lost'],
    ['a reboot after an exit that was told', { exit: { code: 0 } }, { rebooted: true }, 'exited'],
    ['nothing at all', {}, {}, 'crashed'],
  ])('%s', (_, session, death, kind) => {
    const conclusion = concluded(session, death);
    expect(conclusion.cause.kind).toBe(kind);
    const inOrder = kind === 'exited' || kind === 'terminated_by_user';
    expect(conclusion.kind).toBe(inOrder ? 'end' : 'crash');
  });

  test('carries the facts', () => {
    const death = { status: segv, silentMs: 14_000.4, bootId: 'b', resources: { rss_bytes: 1 } };
    expect(concluded(hung, death).cause).toEqual({
      kind: 'killed_while_hung',
      signal: 'SIGSEGV',
      core_dumped: true,
      hung_ms: 14_000,
      boot_id: 'b',
      resources: { rss_bytes: 1 },
    });
    expect(concluded({ exit: { code: 4 } }).cause).toEqual({ kind: 'failed', exit_code: 4 });
    expect(concluded({}, { oom: true }).cause).toEqual({ kind: 'out_of_memory', oom: true });
  });

  test.each<[Partial<WatchedSession>, Partial<Death>, string]>([
    [{}, {}, 'process_gone'],
    [{ exit: { code: 7 } }, {}, 'exit_status_7'],
    [{}, { status: segv }, 'killed_by_SIGSEGV'],
    [{ exit: { uncaught: true } }, {}, 'uncaught_exception'],
    [{}, { oom: true }, 'out_of_memory'],
    [hung, {}, 'killed_while_hung'],
    [{}, { rebooted: true }, 'machine_lost'],
    [{ wire: 'datacat' }, {}, 'parent_process_terminated'],
    [{ wire: 'datacat', exit: { code: 7 } }, {}, 'parent_process_terminated'],
    [{ wire: 'datacat' }, { rebooted: true }, 'machine_lost'],
  ])('%j %j has the reason %s', (session, death, reason) => {
    expect(concluded(session, death)).toMatchObject({ kind: 'crash', reason });
  });
});

test('the processor is measured between two looks', () => {
  const use = (userUs: number): Resources => ({
    userUs,
    systemUs: 0,
    rssBytes: 5,
    threads: null,
    openFiles: 3,
    readBytes: null,
    writtenBytes: null,
  });
  expect(causeResources(use(15e6), use(0), 10_000)).toMatchObject({ cpu_percent: 150 });
  expect(causeResources(use(1_234_567), use(0), 10_000)).toEqual({
    cpu_percent: 12.3,
    rss_bytes: 5,
    open_files: 3,
  });
  expect(causeResources(use(15e6), null, 0)).not.toHaveProperty('cpu_percent');
});
