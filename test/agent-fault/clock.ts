/** Text of a module that, loaded into a process before its program, shifts the wall clock of that process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporaryDirectory } from '../whole/server.ts';

/** A wall clock that jumps; the monotonic one goes on as if nothing had been. */
export interface JumpingClock {
  /** Makes Node load the clock. */
  nodeArgs: string[];
  /** Sets the clock of all processes that loaded it that far before or behind the true time. */
  jump(offsetMs: number): void;
}

/** Makes a clock; it shows the true time at first. */
export function jumpingClock(): JumpingClock {
  const directory = temporaryDirectory('tacho-clock-');
  const offsetPath = join(directory, 'offset');
  const modulePath = join(directory, 'clock.mjs');
  writeFileSync(offsetPath, '0');
  writeFileSync(modulePath, moduleText(offsetPath));
  return {
    nodeArgs: ['--import', pathToFileURL(modulePath).href],
    jump: (offsetMs) => writeFileSync(offsetPath, String(offsetMs)),
  };
}

function moduleText(offsetPath: string): string {
  return `
import { readFileSync } from 'node:fs';
const TrueDate = Date;
const trueNow = Date.now;
const offsetMs = () => Number(readFileSync(${JSON.stringify(offsetPath)}, 'utf8')) || 0;
globalThis.Date = class extends TrueDate {
  constructor(...args) {
    if (args.length === 0) super(trueNow() + offsetMs());
    else super(...args);
  }
  static now() {
    return trueNow() + offsetMs();
  }
};
`;
}
