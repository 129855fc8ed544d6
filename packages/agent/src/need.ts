/** Whether an agent is still needed: the one rule by which it comes to its end by itself. */
import { limits } from '@tacho/protocol';
import type { AgentRole } from './config.ts';

/** What an agent is busy with. */
export interface Business {
  /** Sessions that have not ended. */
  sessionsAlive: number;
  /** Entries that the server does not have yet. */
  unsentEntries: number;
  /** Requests without an answer. */
  requestsOpen: number;
  /** Since a program last asked for anything, or the agent started. */
  quietMs: number;
  /** Whether there ever was a session. */
  hadSessions: boolean;
  /** Whether who started it is still there. */
  hasParent: boolean;
}

/**
 * Whether an agent has to stay. To be asked again and again, and right before the end: a session
 * may begin while an agent is about to go.
 */
export function isNeeded(role: AgentRole, business: Business): boolean {
  const { sessionsAlive, unsentEntries, requestsOpen, quietMs, hadSessions, hasParent } = business;
  if (role === 'service') return true;
  if (sessionsAlive > 0 || unsentEntries > 0 || requestsOpen > 0) return true;
  switch (role) {
    case 'datacat':
      // Its program is yet to say something, or may still ask how its last session went.
      return (!hadSessions && hasParent) || quietMs < limits.agentLingerMs;
    case 'shared':
      return quietMs < limits.agentIdleMs;
    case 'adopt':
      return quietMs < limits.adopterIdleMs;
  }
}
