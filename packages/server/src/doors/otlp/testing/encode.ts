/** OTLP requests in protobuf, written from their JSON form: what a test or a bench sends. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Field, Kind, Message } from '../messages.ts';

/** The bytes of a message given as in JSON. */
export function encodeMessage(message: Message, value: object): Uint8Array {
  const writer = new BinaryWriter();
  message.byNumber.forEach((field, number) => {
    const given: unknown = field && (value as Record<string, unknown>)[field.name];
    if (field === undefined || given === undefined) return;
    if (!field.many) write(writer, field, number, given);
    else if (isNumber(field.kind)) {
      writer.tag(number, WireType.LengthDelimited).fork();
      for (const each of given as unknown[]) scalars[field.kind](writer, each as never);
      writer.join();
    } else for (const each of given as unknown[]) write(writer, field, number, each);
  });
  return writer.finish();
}

function write(writer: BinaryWriter, { kind, of }: Field, number: number, value: unknown): void {
  if (kind === 'message') {
    writer.tag(number, WireType.LengthDelimited).bytes(encodeMessage(of(), value as object));
  } else scalars[kind](writer.tag(number, wireTypeOf(kind)), value as never);
}

function isNumber(kind: Kind): kind is Exclude<Kind, 'message' | 'string' | 'hex' | 'base64'> {
  return !['message', 'string', 'hex', 'base64'].includes(kind);
}

function wireTypeOf(kind: Kind): WireType {
  if (!isNumber(kind)) return WireType.LengthDelimited;
  return ['double', 'fixed64', 'sfixed64'].includes(kind) ? WireType.Bit64 : WireType.Varint;
}

type Scalar = (writer: BinaryWriter, value: never) => unknown;
const scalars: Record<Exclude<Kind, 'message'>, Scalar> = {
  string: (writer, value: string) => writer.string(value),
  hex: (writer, value: string) => writer.bytes(Buffer.from(value, 'hex')),
  base64: (writer, value: string) => writer.bytes(Buffer.from(value, 'base64')),
  bool: (writer, value: boolean) => writer.bool(value),
  double: (writer, value: number | string) => writer.double(Number(value)),
  fixed64: (writer, value: string) => writer.fixed64(value),
  sfixed64: (writer, value: string) => writer.sfixed64(value),
  int64: (writer, value: string) => writer.int64(value),
  uint64: (writer, value: string) => writer.uint64(value),
  uint32: (writer, value: number) => writer.uint32(value),
  sint32: (writer, value: number) => writer.sint32(value),
  enum: (writer, value: number) => writer.int32(value),
};
