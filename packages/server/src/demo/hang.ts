/** What an agent says of a program that hangs, in the words of the agent. */
import { type EventRecord, eventNames, formatTime } from '@tacho/protocol';
import { eventRecord } from './performance.ts';

/** A hang, noticed so many seconds after the last heartbeat. */
export function hangEvent(atUs: number, silentSec: number): EventRecord {
  const since = formatTime(atUs - Math.round(silentSec * 1000) * 1000);
  return eventRecord(eventNames.hang, 'error', {
    group: 'tacho.agent',
    labels: ['heartbeat', 'hung'],
    message: `Application appears hung: no heartbeat for ${Math.floor(silentSec)} seconds`,
    data: {
      last_heartbeat: since,
      seconds_since_heartbeat: Math.floor(silentSec),
      timeout_seconds: 3,
      hang_start: since,
    },
  });
}

/** The recovery from a hang that lasted so long. */
export function recoveryEvent(atUs: number, hungSec: number): EventRecord {
  return eventRecord(eventNames.recover, 'info', {
    group: 'tacho.agent',
    labels: ['heartbeat', 'recovery'],
    message: 'Application recovered: a heartbeat arrived',
    data: {
      hang_start: formatTime(atUs - Math.round(hungSec * 1000) * 1000),
      hang_end: formatTime(atUs),
      hung_seconds: Math.round(hungSec * 1000) / 1000,
    },
  });
}
