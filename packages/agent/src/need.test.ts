/** When an agent ends by itself, and when it must not. */
import { describe, expect, it } from 'vitest';
import type { AgentRole } from './config.ts';
import { type Business, isNeeded } from './need.ts';

const idle: Business = {
  sessionsAlive: 0,
  unsentEntries: 0,
  requestsOpen: 0,
  quietMs: Number.POSITIVE_INFINITY,
  hadSessions: true,
  hasParent: true,
};
const mortal: AgentRole[] = ['shared', 'datacat', 'adopt'];

describe('an agent', () => {
  it('ends when there is nothing left to watch, to send or to answer', () => {
    for (const role of mortal) expect(isNeeded(role, idle), role).toBe(false);
  });

  it('stays while there is any of it', () => {
    for (const role of mortal) {
      for (const rest of [{ sessionsAlive: 1 }, { unsentEntries: 1 }, { requestsOpen: 1 }]) {
        expect(isNeeded(role, { ...idle, ...rest }), role).toBe(true);
      }
    }
  });

  it('stays a while after it was last spoken to', () => {
    for (const role of mortal) expect(isNeeded(role, { ...idle, quietMs: 1_000 })).toBe(true);
  });

  it('of a program waits for its first session as long as the program is there', () => {
    expect(isNeeded('datacat', { ...idle, hadSessions: false })).toBe(true);
    expect(isNeeded('datacat', { ...idle, hadSessions: false, hasParent: false })).toBe(false);
  });

  it('that somebody runs as a service stays in any case', () => {
    expect(isNeeded('service', { ...idle, hasParent: false })).toBe(true);
  });
});
