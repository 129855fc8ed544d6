/** A store that is a ClickHouse: what each command says while nobody answers there, and what it never shows. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSqlite } from '../../packages/server/src/store/sqlite/sqlite.ts';
import { runTacho } from './cli.ts';
import { temporaryDirectory } from './server.ts';

// Nothing listens on port 1.
const url = 'clickhouse://user:secret@127.0.0.1:1/tacho';
const shown = 'clickhouse://user:***@127.0.0.1:1/tacho';

async function said(...args: string[]) {
  const outcome = await runTacho(args, { env: { TACHO_STORE: url } });
  expect(outcome.stdout + outcome.stderr).not.toContain('secret');
  return outcome;
}

it('backup and restore say in one sentence that there is no directory, and what to do', async () => {
  const file = join(temporaryDirectory(), 'backup.db');
  const without = `tacho: the store is ${shown}, which has no data directory: `;
  expect(await said('backup', '--to', file)).toEqual({
    ...{ code: 1, stdout: '' },
    stderr: `${without}back it up with the BACKUP of ClickHouse, or name a directory with --data\n`,
  });
  expect(await said('restore', '--from', file)).toEqual({
    ...{ code: 1, stdout: '' },
    stderr: `${without}copy the backup into it with tacho migrate --from sqlite:FILE, or name a directory with --data\n`,
  });
  // A directory that is named is meant.
  const named = await said('backup', '--to', file, '--data', join(file, 'none'));
  expect(named.stderr).toMatch(/^tacho: there is no .*none\/tacho\.db\n$/);
});

it('the doctor says whether it answers, and that its files are not looked at', async () => {
  const text = await said('doctor');
  expect(text).toMatchObject({ code: 1, stderr: '' });
  expect(text.stdout).toMatch(
    new RegExp(
      `^configuration .*\\nstore +${shown.replace(/[*?.|]/g, '\\$&')}\\nanswers +no: .+\\nfiles +not looked at: .+\\n$`,
    ),
  );
  const document = JSON.parse((await said('doctor', '--json')).stdout);
  expect(document).toMatchObject({ healthy: false, store: { address: shown } });
  expect(document.store.error).toMatch(/ClickHouse/);
  expect(document).not.toHaveProperty('data');
});

it('serve, token and migrate end with a sentence while nobody answers there', async () => {
  const dir = temporaryDirectory();
  const store = await openSqlite({
    ...{ dir, clock: () => 1, log: { info() {}, warn() {}, error() {} }, local: true },
    ...{ suspendedAfterUs: 60e6, returnGraceUntilUs: 0 },
  });
  await store.close();
  for (const [code, ...args] of [
    [1, 'serve', '--port', '0'],
    [1, 'token', 'ls'],
    [4, 'migrate', '--from', `sqlite:${dir}`],
  ] as const) {
    const outcome = await said(...args);
    expect(outcome, args[0]).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr, args[0]).toMatch(/^tacho: .*\n$/);
    expect(outcome.stderr, args[0]).toContain('ClickHouse');
  }
});
