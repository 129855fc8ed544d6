/** Once for all tests: a directory for what they leave behind, removed when all of them have ended. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Processes that run tests are ended without a last word, so they cannot clean up after themselves;
 * agents that outlive their test end when their directory is gone.
 */
export default function ownTmp(): () => void {
  const before = process.env.TMPDIR;
  const path = mkdtempSync(join(tmpdir(), 'tacho-'));
  process.env.TMPDIR = path;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  };
}
