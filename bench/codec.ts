/** Bench of the codecs on the mix: bytes per sample by series, encode and decode in M samples/s. */
import { decodeTimes, encodeTimes } from '../packages/server/src/store/sqlite/codec/times.ts';
import { decodeValues, encodeValues } from '../packages/server/src/store/sqlite/codec/values.ts';
import { Mix, mixSeries } from './mix.ts';

const samples = 1_000;
const sessions = 100;
const rounds = 5;

/** Columns of one kind over all sessions. */
interface Case {
  name: string;
  columns: Float64Array[];
  encode: (column: Float64Array) => Uint8Array;
  decode: (data: Uint8Array) => Float64Array;
}

function cases(): Case[] {
  const mix = new Mix(1, sessions);
  const chunks = Array.from({ length: sessions }, (_, session) =>
    mix.nextColumns(session, samples),
  );
  return [
    {
      name: 'times',
      columns: chunks.map((chunk) => chunk.timesUs),
      encode: encodeTimes,
      decode: decodeTimes,
    },
    ...mixSeries.map((series, k) => ({
      name: series.name,
      columns: chunks.map((chunk) => chunk.values[k]!),
      encode: encodeValues,
      decode: decodeValues,
    })),
  ];
}

/** Median over the rounds of millions of samples per second. */
function speed(run: () => void): number {
  const seconds: number[] = [];
  for (let i = 0; i <= rounds; i++) {
    const start = process.hrtime.bigint();
    run();
    if (i > 0) seconds.push(Number(process.hrtime.bigint() - start) / 1e9);
  }
  seconds.sort((a, b) => a - b);
  return (samples * sessions) / seconds[rounds >> 1]! / 1e6;
}

function measure(item: Case): { bytes: number; encode: number; decode: number } {
  const blobs = item.columns.map(item.encode);
  const bytes = blobs.reduce((sum, blob) => sum + blob.length, 0) / (samples * sessions);
  const repeat = 5;
  const encode = speed(() => {
    for (let i = 0; i < repeat; i++) for (const column of item.columns) item.encode(column);
  });
  const decode = speed(() => {
    for (let i = 0; i < repeat; i++) for (const blob of blobs) item.decode(blob);
  });
  return { bytes, encode: encode * repeat, decode: decode * repeat };
}

function main(): void {
  const all = cases();
  for (const item of all) measure(item);
  let bytes = 0;
  let encodeSeconds = 0;
  let decodeSeconds = 0;
  for (const item of all) {
    const result = measure(item);
    console.log(
      `${item.name.padEnd(14)} ${result.bytes.toFixed(3)} B  encode ${result.encode.toFixed(1)} M/s  decode ${result.decode.toFixed(1)} M/s`,
    );
    if (item.name === 'times') continue;
    bytes += result.bytes / mixSeries.length;
    encodeSeconds += 1 / result.encode / mixSeries.length;
    decodeSeconds += 1 / result.decode / mixSeries.length;
  }
  console.log(
    `${'values, mean'.padEnd(14)} ${bytes.toFixed(3)} B  encode ${(1 / encodeSeconds).toFixed(1)} M/s  decode ${(1 / decodeSeconds).toFixed(1)} M/s`,
  );
}

main();
