/** Priority of a thread: those that answer questions let those that acknowledge writes go first. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Nice values; 0 is normal, 19 the least. */
const nice = {
  /** Somebody waits for a page. */
  question: 5,
  /** Long work; on a machine that has time it is as fast as any other. */
  aggregate: 15,
} as const;

/**
 * Lowers the priority of the calling thread to that of such work where the system gives threads one of their own, which
 * is Linux; elsewhere nothing happens.
 */
export function lowerPriority(work: keyof typeof nice): void {
  if (process.platform !== 'linux') return;
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (thread > 0 && thread !== process.pid) setPriority(thread, nice[work]);
  } catch {
    // Without it, questions only compete a little harder.
  }
}
