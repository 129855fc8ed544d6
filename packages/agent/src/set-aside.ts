/** What a server will never take, kept in files with the reason, for somebody to look at. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '@tacho/protocol';

/** Keeps what was refused: name of the file without its ending, and a document. */
export type SetAside = (name: string, document: object) => void;

/** Sets aside in a directory, at most `limits.rejectedFilesMax` documents; throws nothing. */
export function setAsideIn(directory: string, warn: (text: string) => void): SetAside {
  return (name, document) => {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      if (readdirSync(directory).length >= limits.rejectedFilesMax) {
        warn(`${directory} is full: what the server refuses is only counted`);
        return;
      }
      const text = `${JSON.stringify(document)}\n`;
      writeFileSync(join(directory, `${name}.json`), text, { mode: 0o600 });
    } catch (error) {
      warn(`what the server refused could not be set aside: ${(error as Error).message}`);
    }
  };
}
