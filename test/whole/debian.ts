/** Tools that tests need and that Debian has: installed where we may, one test at a time. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Tests run side by side, and apt refuses to. */
const lock = '/tmp/tacho-apt.lock';

/** Installs packages from Debian; does nothing where we are not root on Debian, or it cannot be done. */
export async function installFromDebian(...packages: string[]): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  const install = `apt-get install -y -qq --no-install-recommends ${packages.join(' ')}`;
  const script = `${install} || { apt-get update -qq && ${install}; }`;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('flock', [lock, 'sh', '-c', script], { env }).catch(() => undefined);
}
