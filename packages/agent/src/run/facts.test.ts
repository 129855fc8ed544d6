/** Facts of a command: its product, its version, its commit, and its environment without secrets. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitOf, processFacts, productOf, versionOf } from './facts.ts';
import { Mask } from './mask.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tacho-facts-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const put = (name: string, text: string): void => writeFileSync(join(directory, name), text);

describe('a product', () => {
  it('is the name of the program without its place and kind', () => {
    expect(['/usr/bin/python3', './run.sh', 'C:\\bin\\game.exe', 'a.b'].map(productOf)).toEqual([
      'python3',
      'run',
      'game',
      'a.b',
    ]);
  });
});

describe('a version', () => {
  it('is that of the package around, of a project in Python or Rust, or 0', () => {
    mkdirSync(join(directory, 'src'));
    const versionHere = (): string => versionOf(join(directory, 'src'));
    put('Cargo.toml', '[package]\nname = "x"\nversion = "3.1.0"\n');
    expect(versionHere()).toBe('3.1.0');
    put('pyproject.toml', '[tool.x]\nversion = "9"\n[project]\nversion = "2.0.1"\n[y]\n');
    expect(versionHere()).toBe('2.0.1');
    put('package.json', '{"version": "1.4.2"}');
    expect(versionHere()).toBe('1.4.2');
  });

  it('is the commit where there is no package, also in a worktree and with packed references', () => {
    const git = (...args: string[]): string => {
      const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
      return execFileSync('git', [...who, ...args], { cwd: directory, encoding: 'utf8' }).trim();
    };
    git('init', '-q');
    git('commit', '-q', '--allow-empty', '-m', 'x');
    const commit = git('rev-parse', 'HEAD');
    expect(versionOf(directory)).toBe(commit.slice(0, 12));
    git('worktree', 'add', '-q', 'tree');
    expect(commitOf(join(directory, 'tree'))).toBe(commit);
    git('pack-refs', '--all');
    expect(commitOf(directory)).toBe(commit);
    git('checkout', '-q', '--detach');
    expect(commitOf(directory)).toBe(commit);
  });
});

describe('facts', () => {
  it('hold known variables and no others, and no secrets', () => {
    const env = {
      CI: 'true',
      HOME: '/root',
      API_TOKEN: 'geheim12',
      GITHUB_SHA: 'abc',
      TZ: undefined,
    };
    const args = ['--password', 'geheim', 'x'];
    const facts = processFacts({ command: 'a', args, cwd: directory, env }, new Mask(env));
    expect(facts.env).toEqual({ CI: 'true', GITHUB_SHA: 'abc' });
    expect(facts.args).toEqual(['--password', '***', 'x']);
    expect(JSON.stringify(facts)).not.toContain('geheim');
  });
});
