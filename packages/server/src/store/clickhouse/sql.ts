/** Texts, ids and numbers as they stand in a statement of ClickHouse. */

/** A text as a literal. */
export function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`;
}

/** A list of texts: `('a', 'b')`. */
export function quotedList(texts: Iterable<string>): string {
  return `(${[...texts].map(quoted).join(', ')})`;
}

/** A list of ids of sessions. */
export function uuidList(ids: Iterable<string>): string {
  return `(${[...ids].map((id) => `'${uuid(id)}'`).join(', ')})`;
}

/** An id of a session, which is no place for anything else. */
export function uuid(id: string): string {
  if (!isId(id)) throw new Error('this is no id');
  return id;
}

/** Whether a text is a whole id. */
export function isId(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(text);
}

/** A whole number. */
export function whole(value: number): string {
  if (!Number.isSafeInteger(value)) throw new Error(`${value} is no whole number`);
  return String(value);
}

/** A condition that all of these make. */
export function all(conditions: readonly string[]): string {
  return conditions.length === 0 ? '1' : conditions.map((one) => `(${one})`).join(' AND ');
}

/** A number. */
export function number(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '0' : String(value);
  if (Number.isNaN(value)) throw new Error('NaN compares with nothing');
  return value > 0 ? 'inf' : '-inf';
}
