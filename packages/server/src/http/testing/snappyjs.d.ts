/** The part of snappyjs that tests use; it brings no types. */
declare module 'snappyjs' {
  /** Compresses bytes into one block. */
  export function compress(bytes: Buffer): Buffer;
}
