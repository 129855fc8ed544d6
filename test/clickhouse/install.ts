/** Fetches the engine once: it is half a gigabyte, so nothing but the tests that use it brings it in. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Makes sure that the engine is there, in the version that this folder's package.json asks for. */
export default function installEngine(): void {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as {
    dependencies: { chdb: string };
  };
  if (installedVersion(folder) === dependencies.chdb) return;
  process.stdout.write(`installing chdb ${dependencies.chdb}, about 550 MB\n`);
  execFileSync('npm', ['ci', '--prefix', folder, '--ignore-scripts'], { stdio: 'inherit' });
}

function installedVersion(folder: string): string | undefined {
  try {
    const text = readFileSync(`${folder}node_modules/chdb/package.json`, 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return undefined;
  }
}
