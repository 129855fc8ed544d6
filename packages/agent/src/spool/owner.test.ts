/** Owners of spools: whose process lives keeps them, whose does not loses them. */
import { limits } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import type { Look } from '../process.ts';
import { isDead, nameOf, newSpoolId, nobody, ownOwner, parseName } from './owner.ts';

const self = { pid: 7, start: '100', boot: 'boot', place: 'here' };
const running: Look = { state: 'running', startTime: '100' };

function dead(changes: Partial<typeof self>, look: Partial<Look> = {}, untouchedMs = 0) {
  const processes = { look: () => ({ ...running, ...look }) };
  return isDead({ ...self, ...changes }, self, processes, untouchedMs);
}

describe('an owner', () => {
  it('is alive as long as its very process is, stopped or not', () => {
    expect(dead({})).toBe(false);
    expect(dead({}, { state: 'stopped' })).toBe(false);
    expect(dead({}, { state: 'gone', startTime: null })).toBe(true);
    expect(dead({}, { state: 'zombie' })).toBe(true);
    expect(dead({ start: '99' })).toBe(true);
  });

  it('is given the benefit of the doubt where nobody says when processes started', () => {
    expect(dead({}, { startTime: null })).toBe(false);
    expect(dead({ start: '-' })).toBe(false);
  });

  it('is dead after a reboot, or when it gave the spool up', () => {
    expect(dead({ boot: 'before' })).toBe(true);
    expect(dead(nobody)).toBe(true);
  });

  it('of another host or container is dead only after a long silence, whatever runs here', () => {
    const gone = { state: 'gone' as const };
    expect(dead({ place: 'there', boot: 'other' }, gone, limits.agentOwnerSilenceMs)).toBe(false);
    expect(dead({ place: 'there' }, gone, limits.agentOwnerSilenceMs + 1)).toBe(true);
  });

  it('stands in the name of the directory, whatever the system says of processes', () => {
    const startTime = 'Mon Jan  1 10:00:00 ~ 2026';
    const owner = ownOwner({ look: () => ({ ...running, startTime }), bootId: () => 'a/b' });
    expect(owner).toMatchObject({ pid: process.pid, start: 'Mon_Jan__1_10_00_00___2026' });
    const name = nameOf('0mjuohs00-9da229743db1ceaa', owner);
    expect(name).toMatch(/^[\w~.-]+$/);
    expect(parseName(name)).toEqual({ spoolId: '0mjuohs00-9da229743db1ceaa', owner });
    const same = { ...running, startTime };
    expect(isDead(owner, owner, { look: () => same }, 0)).toBe(false);
  });

  it('is read from no other names', () => {
    for (const name of ['lost+found', 'a~b~c~d~e', 'a~1~c~d', '.~1~-~-~-']) {
      expect(parseName(name)).toBeUndefined();
    }
  });
});

describe('the identity of a spool', () => {
  it('is unique, and greater the later it was made', () => {
    const ids = [1, 1, 999_999_999_999, 1_767_225_600_000, 4_102_444_800_000].map(newSpoolId);
    expect(new Set(ids).size).toBe(ids.length);
    const [a, b, ...rest] = ids;
    for (const later of rest) expect([a, b].every((id) => (id as string) < later)).toBe(true);
    expect([...rest].sort()).toEqual(rest);
  });
});
