/** The processes of the system that this runs on. */
import type { Processes } from '../process.ts';
import { linuxProcesses } from './linux.ts';

/** What this operating system knows. */
export function systemProcesses(): Processes {
  return linuxProcesses();
}
