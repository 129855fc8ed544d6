/** The machine id: random, kept, private, and the same for all who ask at once. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { statePlaces } from '@tacho/client/sending';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeStateDirectory } from './directory.ts';
import { makeIdentity } from './identity.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tacho-identity-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('identity', () => {
  it('keeps the machine id, and makes a new agent id each time', () => {
    const first = makeIdentity(directory, 'boot');
    const second = makeIdentity(directory, 'boot');
    expect(second.machineId).toBe(first.machineId);
    expect(second.agentId).not.toBe(first.agentId);
    expect(first.bootId).toBe('boot');
  });

  it('makes a random id, that of another directory is another one', () => {
    const other = mkdtempSync(join(tmpdir(), 'tacho-identity-'));
    expect(makeIdentity(other, undefined).machineId).not.toBe(
      makeIdentity(directory, undefined).machineId,
    );
    rmSync(other, { recursive: true });
  });

  it('lets nobody else read the id', () => {
    makeIdentity(directory, undefined);
    expect(statSync(join(directory, 'machine-id')).mode & 0o777).toBe(0o600);
  });

  it('replaces an id that was damaged', () => {
    const path = join(directory, 'machine-id');
    writeFileSync(path, 'half an i');
    const { machineId } = makeIdentity(directory, undefined);
    expect(readFileSync(path, 'utf8').trim()).toBe(machineId);
    expect(makeIdentity(directory, undefined).machineId).toBe(machineId);
  });

  it('is the same next time even where nothing can be kept', () => {
    const nowhere = join(directory, 'missing', 'deeper');
    const { machineId } = makeIdentity(nowhere, undefined);
    expect(machineId).toMatch(/^derived-[0-9a-f]{32}$/);
    expect(makeIdentity(nowhere, undefined).machineId).toBe(machineId);
  });
});

describe('the state directory', () => {
  const around = { platform: 'linux' as const, home: '/home/u', temporary: '/tmp', user: '7' };

  it('is the one that was named, and no other', () => {
    const env = { TACHO_AGENT_DIR: '/x', XDG_STATE_HOME: '/s' };
    expect(statePlaces({ ...around, env })).toEqual(['/x']);
  });

  it('is where each system keeps state, or a temporary place of this user', () => {
    const places = (platform: NodeJS.Platform, env: Record<string, string> = {}) =>
      statePlaces({ ...around, platform, env });
    expect(places('linux')).toEqual(['/home/u/.local/state/tacho', '/tmp/tacho-7']);
    expect(places('linux', { XDG_STATE_HOME: '/s' })).toEqual(['/s/tacho', '/tmp/tacho-7']);
    expect(places('darwin')[0]).toBe('/home/u/Library/Application Support/tacho');
    expect(places('win32', { LOCALAPPDATA: '/l' })).toEqual(['/l/tacho', '/tmp/tacho-7']);
    expect(statePlaces({ ...around, home: '', env: {} })).toEqual(['/tmp/tacho-7']);
  });

  it('is private, and the next place serves where the first cannot be made', () => {
    writeFileSync(join(directory, 'file'), '');
    const good = join(directory, 'good');
    expect(makeStateDirectory([join(directory, 'file', 'in'), good])).toBe(good);
    expect(statSync(good).mode & 0o777).toBe(0o700);
    expect(statSync(join(good, 'spools')).mode & 0o777).toBe(0o700);
    expect(() => makeStateDirectory([join(directory, 'file', 'in')])).toThrow('ENOTDIR');
  });
});
