/** The Python client: its own tests, its types, and that its wheel can be built, each by a real Python. */
import { execFile } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { installFromDebian } from '../whole/debian.ts';
import { foreignEnvironment, temporaryDirectory } from '../whole/server.ts';

const run = promisify(execFile);
const python = fileURLToPath(new URL('../../python/', import.meta.url));
const testFiles = readdirSync(join(python, 'tests')).filter((name) => /^test_.*\.py$/.test(name));

// They fork and send signals, which Windows does not know.
describe.runIf(process.platform !== 'win32')('the Python client', () => {
  it.each(testFiles)('passes %s', { timeout: 300_000 }, async (file) => {
    const { failed, output } = await report('python3', [
      ...['-X', 'faulthandler', '-m', 'unittest', `tests.${file.slice(0, -3)}`],
    ]);
    // A test that was not found passes as well.
    expect(output).toMatch(/Ran [1-9]\d* tests? in/);
    expect(failed, output).toBe(false);
  });

  it('is typed to the last word', { timeout: 300_000 }, async () => {
    const mypy = await findMypy();
    if (mypy === undefined) {
      throw new Error('the types of python/ were not checked: there is no mypy, and apt has none');
    }
    const cache = temporaryDirectory('tacho-mypy-');
    const { failed, output } = await report(mypy, ['--cache-dir', cache]);
    expect(failed, output).toBe(false);
    expect(output).toMatch(/no issues found in [1-9]\d* source files/);
  });

  it('becomes a wheel that works without its sources', { timeout: 300_000 }, async () => {
    const builder = await findBuilder();
    if (builder === undefined) {
      throw new Error(
        'the wheel of python/ was not built: there is no pip with setuptools and wheel',
      );
    }
    const dir = temporaryDirectory('tacho-wheel-');
    const copy = join(dir, 'python');
    cpSync(python, copy, { recursive: true });
    const pip = [...['-m', 'pip', 'wheel'], '--no-build-isolation', '--no-deps', '--no-index'];
    const built = await report(builder, [...pip, '-w', dir, copy], dir);
    expect(built.failed, built.output).toBe(false);
    const wheel = readdirSync(dir).find((name) => name.endsWith('.whl'));
    expect(wheel).toMatch(/^tacho-\d+\.\d+\.\d+-py3-none-any\.whl$/);
    const script = [
      'import sys, zipfile; sys.path.insert(0, sys.argv[1]); import tacho',
      'print(tacho.__version__, tacho.__file__.startswith(sys.argv[1]))',
      'print("tacho/py.typed" in zipfile.ZipFile(sys.argv[1]).namelist())',
    ].join('\n');
    const { output } = await report('python3', ['-c', script, join(dir, wheel as string)], dir);
    expect(output).toMatch(/^\d+\.\d+\.\d+ True\nTrue\n$/);
  });
});

/** Runs a program and gives what it wrote. */
async function report(
  program: string,
  args: readonly string[],
  cwd = python,
): Promise<{ failed: boolean; output: string }> {
  const env = { ...foreignEnvironment(), PYTHONDONTWRITEBYTECODE: '1' };
  const options = { cwd, env, maxBuffer: 64 * 1024 * 1024 };
  try {
    const { stdout, stderr } = await run(program, args, options);
    return { failed: false, output: stdout + stderr };
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & Record<string, string>;
    return { failed: true, output: `${message}\n${stdout}${stderr}` };
  }
}

/** A mypy on this machine; one from the distribution where we may install it. */
async function findMypy(): Promise<string | undefined> {
  for (const program of ['/usr/bin/mypy', 'mypy']) if (await works(program)) return program;
  await installFromDebian('mypy');
  return (await works('/usr/bin/mypy')) ? '/usr/bin/mypy' : undefined;
}

/** A Python that can build wheels without a network; the distribution's brings setuptools and wheel along. */
async function findBuilder(): Promise<string | undefined> {
  const canBuild = (program: string) =>
    works(program, ['-c', 'import setuptools, wheel, pip; assert setuptools.__version__ > "6"']);
  for (const program of ['/usr/bin/python3', 'python3']) {
    if (await canBuild(program)) return program;
  }
  await installFromDebian('python3-pip', 'python3-setuptools', 'python3-wheel');
  return (await canBuild('/usr/bin/python3')) ? '/usr/bin/python3' : undefined;
}

async function works(program: string, args = ['--version']): Promise<boolean> {
  return (await report(program, args)).failed === false;
}
