/** Priority of a thread: those that answer questions let those that acknowledge writes go first. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Nice value of threads that answer questions; 0 is normal, 19 the least. */
const questionNice = 5;

/**
 * Lowers the priority of the calling thread where the system gives threads one of their own, which
 * is Linux; elsewhere nothing happens.
 */
export function lowerPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (thread > 0 && thread !== process.pid) setPriority(thread, questionNice);
  } catch {
    // Without it, questions only compete a little harder.
  }
}
