/** The unit of systemd: systemd has nothing against it, and calls it safe. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../whole/server.ts';
import { root, textOf } from './files.ts';

const path = join(root, 'deploy/systemd/tacho.service');
const unit = textOf('deploy/systemd/tacho.service');

describe('deploy/systemd/tacho.service', () => {
  it('starts what there is in the repository, with data where the service may write', () => {
    const [, program = ''] = /^ExecStart=\/usr\/bin\/node \/opt\/tacho\/(\S+) serve$/m.exec(unit)!;
    expect(existsSync(join(root, program))).toBe(true);
    const [, state = ''] = /^StateDirectory=(\S+)$/m.exec(unit)!;
    expect(unit).toContain(`TACHO_DATA_DIR=/var/lib/${state}`);
  });

  it.skipIf(!hasAnalyze())('has no mistake that systemd knows of', () => {
    // It wants to see the program, which is elsewhere on many machines.
    const copy = join(temporaryDirectory('tacho-unit-'), 'tacho.service');
    writeFileSync(copy, unit.replace('/usr/bin/node', process.execPath));
    const { status, stdout, stderr } = analyze('verify', '--man=no', copy);
    expect(linesAbout('tacho.service', stdout + stderr)).toEqual([]);
    expect(status).toBe(0);
  });

  it.skipIf(!hasAnalyze())('is exposed as little as a service that serves a network can be', () => {
    const copy = join(temporaryDirectory('tacho-unit-'), 'tacho.service');
    copyFileSync(path, copy);
    const { stdout } = analyze('security', '--offline=true', '--no-pager', copy);
    const [, level] = /Overall exposure level for tacho\.service: (\d+\.\d+)/.exec(stdout)!;
    expect(Number(level)).toBeLessThan(2);
  });
});

function analyze(...args: string[]) {
  return spawnSync('systemd-analyze', args, { encoding: 'utf8', timeout: 20_000 });
}

function hasAnalyze(): boolean {
  return analyze('security', '--help').status === 0;
}

/** Other units of the machine are none of our business. */
function linesAbout(name: string, text: string): string[] {
  return text.split('\n').filter((line) => line.includes(name));
}
