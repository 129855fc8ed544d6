/** The agent's log: bounded in bytes and lines, one line per message, and never in the way. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAgentLog } from './agent-log.ts';

let directory: string;
let path: string;
let nowUs = 1_790_000_000_000_000;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tacho-log-'));
  path = join(directory, 'agent.log');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const lines = (): string[] => readFileSync(path, 'utf8').trimEnd().split('\n');

describe('the log', () => {
  it('writes time, process and level, and a message with line breaks as one line', () => {
    openAgentLog({ path, nowUs: () => nowUs }).warn('one\ntwo\u001b[31m');
    expect(lines()).toEqual([`2026-09-21T14:13:20.000Z [${process.pid}] warn one two [31m`]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('stays within its bound however much is said', () => {
    const log = openAgentLog({ path, nowUs: () => nowUs, bytesMax: 2_000 });
    for (let i = 0; i < 10_000; i++) {
      nowUs += 1_000_000;
      log.info(`line ${i} ${'x'.repeat(100)}`);
    }
    expect(statSync(path).size).toBeLessThanOrEqual(2_000);
    expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(2_000);
    expect(lines().at(-1)).toContain('line 9999');
  });

  it('counts equal lines instead of repeating them', () => {
    const log = openAgentLog({ path, nowUs: () => nowUs });
    for (let i = 0; i < 500; i++) log.warn('the server does not answer');
    log.info('it does');
    expect(lines().map((line) => line.replace(/^.*\] /, ''))).toEqual([
      'warn the server does not answer',
      'warn the server does not answer (499 more times)',
      'info it does',
    ]);
  });

  it('cuts a flood of different lines short, and says how many are missing', () => {
    const log = openAgentLog({ path, nowUs: () => nowUs });
    for (let i = 0; i < 1_000; i++) log.info(`line ${i}`);
    expect(lines()).toHaveLength(100);
    nowUs += 60_000_000;
    log.info('later');
    expect(lines().at(-2)).toContain('900 lines were left out');
    expect(lines().at(-1)).toContain('later');
  });

  it('harms nobody when its file cannot be written', () => {
    const shown: string[] = [];
    const log = openAgentLog({
      path: join(directory, 'missing', 'agent.log'),
      nowUs: () => nowUs,
      show: (line) => shown.push(line),
    });
    log.error('trouble');
    expect(existsSync(join(directory, 'missing'))).toBe(false);
    expect(shown[0]).toContain('error trouble');
  });
});
