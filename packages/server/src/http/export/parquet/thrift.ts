/** Thrift's compact protocol, as far as the head of a page and the end of a Parquet file need it. */

/** Types of fields and elements by their numbers in the protocol. */
const types = { true: 1, false: 2, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;

/** A field's value; a struct is a list of fields, `null` leaves a field out. */
type ThriftValue =
  | { i32: number }
  | { i64: number }
  | { text: string }
  | { bytes: Uint8Array }
  | { flag: boolean }
  | { struct: ThriftStruct }
  | { list: 'i32'; of: readonly number[] }
  | { list: 'text'; of: readonly string[] }
  /** Structs that are encoded already. */
  | { list: 'struct'; of: readonly Uint8Array[] };

/** Fields by number, in ascending order. */
export type ThriftStruct = readonly (readonly [id: number, value: ThriftValue | undefined])[];

/** The bytes of a struct. */
export function thriftBytes(struct: ThriftStruct): Uint8Array {
  const out: number[] = [];
  writeStruct(out, struct);
  return Uint8Array.from(out);
}

/** The head and the end of the bytes of a struct whose last field is a list of many encoded structs. */
export function thriftAround(
  before: ThriftStruct,
  listId: number,
  count: number,
  after: ThriftStruct,
): { head: Uint8Array; end: Uint8Array } {
  const head: number[] = [];
  const last = writeFields(head, before, 0);
  writeFieldHead(head, listId - last, listId, types.list);
  writeListHead(head, count, types.struct);
  const end: number[] = [];
  writeFields(end, after, listId);
  end.push(0);
  return { head: Uint8Array.from(head), end: Uint8Array.from(end) };
}

function writeStruct(out: number[], struct: ThriftStruct): void {
  writeFields(out, struct, 0);
  out.push(0);
}

function writeFields(out: number[], struct: ThriftStruct, before: number): number {
  let last = before;
  for (const [id, value] of struct) {
    if (value === undefined) continue;
    writeFieldHead(out, id - last, id, typeOf(value));
    writeValue(out, value);
    last = id;
  }
  return last;
}

function writeFieldHead(out: number[], step: number, id: number, type: number): void {
  if (step > 0 && step <= 15) out.push((step << 4) | type);
  else {
    out.push(type);
    writeZigZag(out, id);
  }
}

function typeOf(value: ThriftValue): number {
  if ('i32' in value) return types.i32;
  if ('i64' in value) return types.i64;
  if ('flag' in value) return value.flag ? types.true : types.false;
  if ('struct' in value) return types.struct;
  return 'list' in value ? types.list : types.binary;
}

function writeValue(out: number[], value: ThriftValue): void {
  if ('i32' in value) writeZigZag(out, value.i32);
  else if ('i64' in value) writeZigZag(out, value.i64);
  else if ('text' in value) writeBinary(out, Buffer.from(value.text));
  else if ('bytes' in value) writeBinary(out, value.bytes);
  else if ('struct' in value) writeStruct(out, value.struct);
  else if ('list' in value) writeList(out, value);
  // A flag is its type.
}

function writeList(out: number[], list: Extract<ThriftValue, { list: unknown }>): void {
  switch (list.list) {
    case 'i32':
      writeListHead(out, list.of.length, types.i32);
      for (const item of list.of) writeZigZag(out, item);
      return;
    case 'text':
      writeListHead(out, list.of.length, types.binary);
      for (const item of list.of) writeBinary(out, Buffer.from(item));
      return;
    case 'struct':
      writeListHead(out, list.of.length, types.struct);
      for (const item of list.of) out.push(...item);
  }
}

function writeListHead(out: number[], count: number, type: number): void {
  if (count < 15) out.push((count << 4) | type);
  else {
    out.push(0xf0 | type);
    writeVarint(out, count);
  }
}

function writeBinary(out: number[], bytes: Uint8Array): void {
  writeVarint(out, bytes.length);
  for (const byte of bytes) out.push(byte);
}

function writeZigZag(out: number[], value: number): void {
  writeVarint(out, value < 0 ? -2 * value - 1 : 2 * value);
}

/** Numbers beyond 32 bits are divided, because the bit operators of JavaScript would cut them. */
function writeVarint(out: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80);
  out.push(rest);
}
