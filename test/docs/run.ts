/** Runs the examples of one page in order, in one shell, as a reader who pastes them would. */
import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@tacho/protocol';
import type { Example } from './markdown.ts';
import { differences } from './match.ts';

/** Where the examples run. */
export interface Place {
  /** Working directory of the shell, and home of what it writes. */
  dir: string;
  /** The launcher that `npx tacho` stands for. */
  launcher: string;
  /** Further variables of the shell. */
  env?: Readonly<Record<string, string>>;
}

/**
 * Runs all examples and says what went wrong, one sentence each with its line in the page: a
 * command that failed, an error reply that the page does not show, a reply that differs.
 */
export async function problemsOf(examples: Example[], place: Place): Promise<string[]> {
  const bin = await writeNpx(place);
  for (const [index, { command }] of examples.entries()) {
    await writeFile(join(place.dir, `${index}.example`), command);
  }
  await writeFile(join(place.dir, 'all.example'), scriptOf(examples.length));
  await bash(join(place.dir, 'all.example'), place, bin);
  const commands = examples.map(({ command }) => command).join('\n');
  const problems = await Promise.all(
    examples.map((example, index) => problemsOfOne(example, index, place.dir, commands)),
  );
  return problems.flat();
}

/** A `npx` that knows only `tacho`, so that no example can reach for the network. */
async function writeNpx({ dir, launcher }: Place): Promise<string> {
  const bin = join(dir, 'bin');
  await mkdir(bin);
  const lines = [
    '#!/bin/sh',
    '[ "$1" = tacho ] || { echo "npx: only tacho is here, not $1" >&2; exit 1; }',
    'shift',
    `exec "${process.execPath}" "${launcher}" "$@"`,
  ];
  await writeFile(join(bin, 'npx'), `${lines.join('\n')}\n`);
  await chmod(join(bin, 'npx'), 0o755);
  return bin;
}

/** One shell for all, so that variables live on; the trap sees commands that fail in the middle. */
function scriptOf(count: number): string {
  const lines = ['set -E', `trap 'echo "$BASH_COMMAND" >> "$failed"' ERR`];
  for (let index = 0; index < count; index++) {
    lines.push(
      `failed=$PWD/${index}.failed`,
      `. ./${index}.example > ${index}.out 2> ${index}.err < /dev/null`,
      `echo done > ${index}.done`,
    );
  }
  return `${lines.join('\n')}\n`;
}

async function bash(script: string, place: Place, bin: string): Promise<void> {
  const cwd = place.dir;
  const env = { ...process.env, ...place.env, PATH: `${bin}:${process.env.PATH}` };
  const child = spawn('bash', [script], { cwd, env, stdio: 'ignore' });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

async function problemsOfOne(
  { line, reply }: Example,
  index: number,
  dir: string,
  commands: string,
): Promise<string[]> {
  const at = `line ${line}`;
  const read = (name: string) => readFile(join(dir, `${index}.${name}`), 'utf8').catch(() => '');
  if ((await read('done')) === '') return [`${at}: not reached: ${await read('err')}`];
  const failed = await read('failed');
  if (failed !== '') return [`${at}: failed: ${failed}${await read('err')}${await read('out')}`];
  const out = bodyOf(await read('out'));
  if (reply === undefined) {
    return /"error":.*"code":/s.test(out) ? [`${at}: an error that the page hides: ${out}`] : [];
  }
  try {
    const shown = parseJson(reply);
    return differences(shown, parseJson(out), commands).map((text) => `${at}: ${text}`);
  } catch (error) {
    return [`${at}: ${error instanceof Error ? error.message : error}: ${out}`];
  }
}

/** The body of what `curl -i` printed; everything when there are no headers. */
function bodyOf(out: string): string {
  return out.startsWith('HTTP/') ? out.slice(out.search(/\r?\n\r?\n/)).trimStart() : out;
}
