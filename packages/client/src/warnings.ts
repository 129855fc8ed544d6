/** Warnings about wrong use, once per kind, while a program is being developed. */

/** Says a warning somewhere. */
export type Emit = (text: string, kind: string) => void;

/** Kinds of wrong use that there are at most, so that a text in them cannot fill memory. */
const kindsMax = 100;

/** Remembers what was said. */
export class Warnings {
  readonly #emit: Emit | undefined;
  readonly #known = new Set<string>();

  /** Without `emit`, nothing is said. */
  constructor(emit: Emit | undefined) {
    this.#emit = emit;
  }

  /** Says it, unless it was said before. */
  once(kind: string, text: string): void {
    if (this.#emit === undefined || this.#known.has(kind) || this.#known.size >= kindsMax) return;
    this.#known.add(kind);
    try {
      this.#emit(text, kind);
    } catch {
      // A warning that cannot be said is none.
    }
  }
}

/** A value in a few words, for a warning; never throws. */
export function shown(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}
