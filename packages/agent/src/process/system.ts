/** The processes of the system that this runs on. */
import type { Processes } from '../process.ts';
import { linuxProcesses } from './linux.ts';
import { macosProcesses } from './macos.ts';
import { windowsProcesses } from './windows.ts';

/** What this operating system knows. */
export function systemProcesses(platform: NodeJS.Platform = process.platform): Processes {
  if (platform === 'win32') return windowsProcesses();
  return platform === 'darwin' ? macosProcesses() : linuxProcesses();
}
