/** Messages of Prometheus remote write 1.0: series with their samples, and what metrics are. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { limits, TachoError } from '@tacho/protocol';

/** One series and what was seen of it. */
export interface TimeSeries {
  /** Pairs of names and values, in the order of the message. */
  labels: [string, string][];
  samples: PromSample[];
  /** Things that we have no place for. */
  exemplars: number;
  histograms: number;
}

/** A value at an instant, in milliseconds since 1970. */
export interface PromSample {
  value: number;
  /** Says that the series has ended, and has no value. */
  isStale: boolean;
  timeMs: number;
}

/** What a family of metrics is. */
export interface Metadata {
  family: string;
  /** One of `MetricType` of remote write. */
  type: number;
  unit: string;
}

/** One request. */
export interface WriteRequest {
  series: TimeSeries[];
  metadata: Metadata[];
}

/**
 * Decodes a request. Unknown fields are skipped. Throws `invalid_body` for bytes that are none, and
 * `too_many_items` beyond `limits.doorSamplesMax` samples, or ten times as many labels.
 */
export function readWriteRequest(bytes: Buffer | undefined): WriteRequest {
  const decoder = new Decoder(bytes ?? Buffer.alloc(0));
  try {
    return decoder.request();
  } catch (error) {
    if (error instanceof TachoError) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    const details = `The body is no WriteRequest of remote write 1.0: ${problem}`;
    throw new TachoError('invalid_body', details, { cause: error });
  }
}

/** What takes place of its own in a message, for each of its samples. */
const partsPerSample = 10;

class Decoder {
  readonly #reader: BinaryReader;
  readonly #length: number;
  #parts = 0;

  constructor(bytes: Buffer) {
    this.#reader = new BinaryReader(bytes);
    this.#length = bytes.length;
  }

  request(): WriteRequest {
    const request: WriteRequest = { series: [], metadata: [] };
    this.#fields(this.#length, (field) => {
      if (field === block(1)) request.series.push(this.#series());
      else if (field === block(3)) request.metadata.push(this.#metadata());
      else return false;
      return true;
    });
    return request;
  }

  #series(): TimeSeries {
    const series: TimeSeries = { labels: [], samples: [], exemplars: 0, histograms: 0 };
    this.#message((field) => {
      if (field === block(1)) series.labels.push(this.#label());
      else if (field === block(2)) series.samples.push(this.#sample());
      else {
        if (field === block(3)) series.exemplars++;
        if (field === block(4)) series.histograms++;
        return false;
      }
      return true;
    });
    return series;
  }

  #label(): [string, string] {
    const label: [string, string] = ['', ''];
    this.#message((field) => {
      if (field !== block(1) && field !== block(2)) return false;
      label[field === block(1) ? 0 : 1] = this.#reader.string();
      return true;
    });
    return label;
  }

  #sample(): PromSample {
    const sample: PromSample = { value: 0, isStale: false, timeMs: 0 };
    this.#message((field) => {
      if (field === fixed(1)) this.#value(sample);
      else if (field === varint(2)) sample.timeMs = Number(this.#reader.int64());
      else return false;
      return true;
    });
    return sample;
  }

  /** A double by its bits: of all the numbers that are none, one says that the series has ended. */
  #value(sample: PromSample): void {
    const low = this.#reader.fixed32();
    const high = this.#reader.fixed32();
    double.setUint32(0, low, true);
    double.setUint32(4, high, true);
    sample.value = double.getFloat64(0, true);
    sample.isStale = high === 0x7ff00000 && low === 2;
  }

  #metadata(): Metadata {
    const metadata: Metadata = { family: '', type: 0, unit: '' };
    this.#message((field) => {
      if (field === varint(1)) metadata.type = this.#reader.uint32();
      else if (field === block(2)) metadata.family = this.#reader.string();
      else if (field === block(5)) metadata.unit = this.#reader.string();
      else return false;
      return true;
    });
    return metadata;
  }

  /** Reads a message inside another one. */
  #message(take: Take): void {
    if (++this.#parts > partsPerSample * limits.doorSamplesMax) throw tooMany();
    const length = this.#reader.uint32();
    const end = this.#reader.pos + length;
    if (end > this.#length) throw new RangeError('it ends too early');
    this.#fields(end, take);
  }

  #fields(end: number, take: Take): void {
    const reader = this.#reader;
    while (reader.pos < end) {
      const [number, wireType] = reader.tag();
      if (!take(number * 8 + wireType)) reader.skip(wireType, number);
    }
    if (reader.pos !== end) throw new RangeError('a field is longer than its message');
  }
}

/** Reads a field that it knows, by number and wire type; false for one to skip. */
type Take = (field: number) => boolean;

/** A field of a message or text, of a whole number, of a double. */
const block = (number: number): number => number * 8 + WireType.LengthDelimited;
const varint = (number: number): number => number * 8 + WireType.Varint;
const fixed = (number: number): number => number * 8 + WireType.Bit64;

const double = new DataView(new ArrayBuffer(8));

function tooMany(): TachoError {
  const details = `The body has more than ${limits.doorSamplesMax} samples; send them in several`;
  return new TachoError('too_many_items', details);
}
