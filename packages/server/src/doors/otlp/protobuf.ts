/** OTLP in protobuf: bytes to messages, strictly within the bytes and the budget, and short answers back. */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { TachoError } from '@tacho/protocol';
import { Budget, checkDepth } from './budget.ts';
import type { Decoded, Field, Kind, Message } from './messages.ts';

/**
 * Decodes a message. Unknown fields, and known ones of another wire type, are skipped, as protobuf
 * asks for; texts that are not UTF-8 get replacement characters. Throws `invalid_body` for bytes that
 * are no message, and `too_many_items`.
 */
export function decodeProtobuf(message: Message, bytes: Uint8Array): Decoded {
  const decoder = new Decoder(bytes);
  try {
    return decoder.read(message, bytes.length, 0, {});
  } catch (error) {
    if (error instanceof TachoError) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    throw new TachoError(
      'invalid_body',
      `The body is not the protobuf message that belongs here: ${problem} near byte ${decoder.at}`,
      { cause: error },
    );
  }
}

/** A message of integers and texts by number of field; what is 0 or '' is left out. */
export function encodeProtobuf(fields: Readonly<Record<number, number | string>>): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of Object.entries(fields)) {
    if (value === 0 || value === '') continue;
    if (typeof value === 'number') writer.tag(Number(number), WireType.Varint).int64(value);
    else writer.tag(Number(number), WireType.LengthDelimited).string(value);
  }
  return writer.finish();
}

/** A message inside another one. */
export function wrapProtobuf(number: number, inner: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(inner).finish();
}

const wireTypes: Readonly<Record<Kind, WireType>> = {
  message: WireType.LengthDelimited,
  string: WireType.LengthDelimited,
  hex: WireType.LengthDelimited,
  base64: WireType.LengthDelimited,
  bool: WireType.Varint,
  int64: WireType.Varint,
  uint64: WireType.Varint,
  uint32: WireType.Varint,
  sint32: WireType.Varint,
  enum: WireType.Varint,
  double: WireType.Bit64,
  fixed64: WireType.Bit64,
  sfixed64: WireType.Bit64,
};

class Decoder {
  readonly #reader: BinaryReader;
  readonly #budget = new Budget();

  constructor(bytes: Uint8Array) {
    this.#reader = new BinaryReader(bytes);
  }

  /** Where it stands, in bytes. */
  get at(): number {
    return this.#reader.pos;
  }

  /** Reads fields up to `end` into a message that may have some already. */
  read(message: Message, end: number, depth: number, into: Decoded): Decoded {
    checkDepth(depth);
    this.#budget.spend();
    const reader = this.#reader;
    while (reader.pos < end) {
      const [number, wireType] = reader.tag();
      const field = message.byNumber[number];
      if (field === undefined) reader.skip(wireType, number);
      else if (wireType === wireTypes[field.kind]) this.#take(field, depth, into);
      else if (wireType === WireType.LengthDelimited && field.many) this.#takePacked(field, into);
      else reader.skip(wireType, number);
    }
    if (reader.pos !== end) throw new RangeError('a field is longer than its message');
    return into;
  }

  /** One value; a message that comes twice is one message. */
  #take(field: Field, depth: number, into: Decoded): void {
    const { name, kind, many } = field;
    const before = many ? undefined : into[name];
    const value = kind === 'message' ? this.#message(field, depth, before) : this.#scalar(kind);
    if (!many) into[name] = value;
    else if (into[name] === undefined) into[name] = [value];
    else {
      if (kind !== 'message') this.#budget.spend();
      (into[name] as unknown[]).push(value);
    }
  }

  #message({ of }: Field, depth: number, before: unknown): Decoded {
    const end = this.#end();
    return this.read(of(), end, depth + 1, (before ?? {}) as Decoded);
  }

  #takePacked({ name, kind }: Field, into: Decoded): void {
    const end = this.#end();
    const list = (into[name] ?? []) as unknown[];
    into[name] = list;
    while (this.#reader.pos < end) {
      this.#budget.spend();
      list.push(this.#scalar(kind));
    }
    if (this.#reader.pos !== end) throw new RangeError('a list of numbers ends within one');
  }

  /** Where what comes now ends. */
  #end(): number {
    const reader = this.#reader;
    const length = reader.uint32();
    const end = reader.pos + length;
    if (end > reader.len) throw new RangeError('premature EOF');
    return end;
  }

  #scalar(kind: Kind): unknown {
    const reader = this.#reader;
    switch (kind) {
      case 'string':
        return reader.string();
      case 'hex':
        return Buffer.from(reader.bytes()).toString('hex');
      case 'base64':
        return Buffer.from(reader.bytes()).toString('base64');
      case 'bool':
        return reader.bool();
      case 'double':
        return reader.double();
      // Doubles: nanoseconds to a quarter of a microsecond, counts exactly up to 2^53.
      case 'fixed64': {
        const low = reader.fixed32();
        return reader.fixed32() * 2 ** 32 + low;
      }
      case 'sfixed64': {
        const low = reader.fixed32();
        return reader.sfixed32() * 2 ** 32 + low;
      }
      case 'int64':
        return exact(reader.int64());
      case 'uint64':
        return Number(reader.uint64());
      case 'uint32':
        return reader.uint32();
      case 'sint32':
        return reader.sint32();
      default:
        return reader.int32();
    }
  }
}

function exact(value: bigint | string): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}
