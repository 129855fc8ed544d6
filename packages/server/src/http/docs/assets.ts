/** The files of the page of the API, read once; they lie beside this file, in the source and in the bundle. */
import { readFileSync } from 'node:fs';

/** Names of the files. */
export type AssetName = 'docs.css' | 'docs.js';

const read = new Map<AssetName, Buffer>();

/** The bytes of a file. */
export function asset(name: AssetName): Buffer {
  const known = read.get(name);
  if (known !== undefined) return known;
  const bytes = readFileSync(new URL(`./assets/${name}`, import.meta.url));
  read.set(name, bytes);
  return bytes;
}
