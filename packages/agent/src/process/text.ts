/** Small files that the kernel writes, as text. */
import { readFileSync } from 'node:fs';

/** The text of a file; null when it cannot be read, for whatever reason. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
