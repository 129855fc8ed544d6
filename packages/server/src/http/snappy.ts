/** Snappy in its block format, as Prometheus compresses what it sends. */

/** Why a block cannot be expanded. */
class SnappyError extends Error {}

/**
 * Expands a block; gives up before memory is taken when it says that it expands beyond `bytesMax`.
 * Every read and write is within the two buffers, whatever the block says of itself.
 */
export function expandSnappy(block: Buffer, bytesMax: number): Buffer {
  const { length, at } = readLength(block);
  if (length > bytesMax) throw new SnappyTooLarge('too large');
  const out = Buffer.allocUnsafe(length);
  let from = at;
  let to = 0;
  while (from < block.length) {
    const tag = block[from++] as number;
    const kind = tag & 3;
    if (kind === 0) {
      let size = (tag >>> 2) + 1;
      const more = size - 60;
      if (more > 0) {
        if (from + more > block.length) throw new SnappyError('it ends within a length');
        size = block.readUIntLE(from, more) + 1;
        from += more;
      }
      if (from + size > block.length) throw new SnappyError('it ends within a literal');
      if (to + size > length) throw new SnappyError('it is longer than it says');
      block.copy(out, to, from, from + size);
      from += size;
      to += size;
      continue;
    }
    const bytes = kind === 3 ? 4 : kind;
    if (from + bytes > block.length) throw new SnappyError('it ends within a copy');
    const size = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const back = block.readUIntLE(from, bytes) + (kind === 1 ? (tag >>> 5) << 8 : 0);
    from += bytes;
    if (back === 0 || back > to) throw new SnappyError('it copies from before its start');
    if (to + size > length) throw new SnappyError('it is longer than it says');
    // A copy may reach into what it writes itself, which repeats it.
    if (back >= size) out.copyWithin(to, to - back, to - back + size);
    else for (let i = 0; i < size; i++) out[to + i] = out[to + i - back] as number;
    to += size;
  }
  if (to !== length) throw new SnappyError('it is shorter than it says');
  return out;
}

/** Named as Node names the same for other encodings. */
class SnappyTooLarge extends Error {
  readonly code = 'ERR_BUFFER_TOO_LARGE';
}

/** The length after expansion: seven bits a byte, the lowest first, below 2^32. */
function readLength(block: Buffer): { length: number; at: number } {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = block[at];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) {
      if (length >= 2 ** 32) break;
      return { length, at: at + 1 };
    }
  }
  throw new SnappyError('it does not say how long it is');
}
