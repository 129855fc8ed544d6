/** Order of texts: by code points, as every store sorts them. */

/**
 * Compares two texts by code points; below 0 when `a` comes first. The operators of the language
 * compare UTF-16 units, by which an emoji would come before U+FFFD.
 */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rankOf(left) - rankOf(right);
  }
  return a.length - b.length;
}

/** A unit in the order of code points: surrogates stand for code points above all other units. */
function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
