/** Requests of Prometheus remote write, as a sender makes them. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { compress } from 'snappyjs';

/** What a request holds: labels and samples of series, and what families are. */
export interface WriteRequestParts {
  series?: {
    labels: Record<string, string>;
    /** Values with their milliseconds; a value of eight bytes is taken as bits. */
    samples?: [number | Uint8Array, number][];
    exemplars?: number;
    histograms?: number;
  }[];
  metadata?: { type: number; family: string; unit?: string }[];
}

/** The message of a request. */
export function encodeWriteRequest({ series = [], metadata = [] }: WriteRequestParts): Buffer {
  const request = new BinaryWriter();
  for (const { labels, samples = [], exemplars = 0, histograms = 0 } of series) {
    request.tag(1, WireType.LengthDelimited).fork();
    for (const [name, value] of Object.entries(labels)) {
      request.tag(1, WireType.LengthDelimited).fork();
      request.tag(1, WireType.LengthDelimited).string(name);
      request.tag(2, WireType.LengthDelimited).string(value).join();
    }
    for (const [value, timeMs] of samples) {
      request.tag(2, WireType.LengthDelimited).fork().tag(1, WireType.Bit64);
      if (typeof value === 'number') request.double(value);
      else request.raw(value);
      request.tag(2, WireType.Varint).int64(timeMs).join();
    }
    for (let i = 0; i < exemplars; i++) request.tag(3, WireType.LengthDelimited).fork().join();
    for (let i = 0; i < histograms; i++) request.tag(4, WireType.LengthDelimited).fork().join();
    request.join();
  }
  for (const { type, family, unit = '' } of metadata) {
    request.tag(3, WireType.LengthDelimited).fork().tag(1, WireType.Varint).uint32(type);
    request.tag(2, WireType.LengthDelimited).string(family);
    request.tag(5, WireType.LengthDelimited).string(unit).join();
  }
  return Buffer.from(request.finish());
}

/** A message as it goes out. */
export function compressed(message: Buffer): Buffer {
  return compress(message);
}

/** The headers that go with it. */
export const writeHeaders = {
  'content-encoding': 'snappy',
  'content-type': 'application/x-protobuf',
  'x-prometheus-remote-write-version': '0.1.0',
};
