/** The state directory: made where it can be, and never waited for. */
import { chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../test/whole/server.ts';
import { makeStateDirectory } from './directory.ts';

describe('the state directory', () => {
  it('is made with all above it, readable by its owner alone, and found again', () => {
    const place = join(temporaryDirectory(), 'a', 'b', 'tacho');
    expect(makeStateDirectory([place])).toBe(place);
    expect(statSync(join(place, 'spools')).mode & 0o777).toBe(0o700);
    expect(makeStateDirectory([place])).toBe(place);
  });

  it('is the next best place where the first cannot be made', () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, 'file'), '');
    const second = join(root, 'second');
    expect(makeStateDirectory([join(root, 'file', 'x'), second])).toBe(second);
    expect(() => makeStateDirectory([join(root, 'file', 'x')])).toThrow(/ENOTDIR|ENOENT/);
  });

  // There every directory is refused as if the one above were missing.
  it.runIf(process.platform === 'linux')('is refused in /proc, at once', () => {
    expect(() => makeStateDirectory(['/proc/nowhere/x'])).toThrow(/nowhere/);
  });

  it.runIf(process.getuid?.() === 0)('may belong to others only where root asks', () => {
    const place = join(temporaryDirectory(), 'theirs');
    mkdirSync(place);
    chownSync(place, 65_534, 65_534);
    expect(makeStateDirectory([place])).toBe(place);
  });
});
