/** Blobs of every version that was ever written are read for ever. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { SampleDetail } from '../../store.ts';
import { decodeDetails, encodeDetails } from './details.ts';
import { encodeSketch } from './sketch.ts';
import { decodeSummary, encodeSummary, type Summary, summarize } from './summary.ts';
import { decodeTimes, encodeTimes } from './times.ts';
import { decodeValues, encodeValues } from './values.ts';

/** Pseudo-random integers 0 … size - 1 by integer arithmetic only, the same everywhere. */
function integers(count: number, size: number): number[] {
  let state = 1;
  return Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state % size;
  });
}

function running(steps: number[], start: number): number[] {
  let sum = start;
  return steps.map((step) => {
    sum += step;
    return sum;
  });
}

const noise = integers(200, 10_000);
/** Full precision without any function whose last digit differs between machines. */
const fullPrecision = noise.map((n) => (n + 1) / 7);

/** Every mode and flag of a block, by name of the golden file. */
const columns: Record<string, Float64Array> = {
  empty: new Float64Array(0),
  single: Float64Array.of(-0.25),
  constant: new Float64Array(300).fill(1e6),
  decimals: Float64Array.from(noise, (n) => n / 100),
  'counter-with-reset': Float64Array.from(running(noise, 2e9), (n, i) => (i < 90 ? n : n - 2e9)),
  outliers: Float64Array.from(noise, (n, i) => (i % 40 === 7 ? -n : (n % 50) / 10)),
  specials: Float64Array.from(noise, (n, i) =>
    i % 30 === 0 ? [Number.NaN, -0, Infinity, -Infinity, 1 / 3, 1e300, 5e-324][i / 30]! : n / 10,
  ),
  wide: Float64Array.from(noise, (n, i) => n * 9e11 - i),
  'wide-outliers': Float64Array.from(noise, (n, i) => (i % 64 === 3 ? n * 9e11 : n % 7)),
  doubles: Float64Array.from(fullPrecision),
  'doubles-of-both-signs': Float64Array.from(fullPrecision, (n, i) => (i % 3 === 0 ? -n : n)),
  floats: Float64Array.from(fullPrecision, Math.fround),
  'equal-low-words': new Float64Array(140).fill(1 / 3),
};

const times: Record<string, Float64Array> = {
  milliseconds: Float64Array.from(
    running(integers(300, 11), 1.79e12),
    (n, i) => (n + i * 1_000) * 1_000,
  ),
  microseconds: Float64Array.from(running(noise, 1.79e15)),
};

const summaryValues = Float64Array.from(noise, (n, i) =>
  i % 25 === 0 ? [Number.NaN, 0, -5, 1e-9, 1e12, Infinity, -0.5, 3][i / 25]! : n / 100,
);

const summaries: Record<string, Summary> = {
  sketched: summarize(summaryValues, true),
  plain: summarize(Float64Array.of(1, 2.5, -1e9), true),
  counter: summarize(Float64Array.of(10, 12.5, 3, 8), false),
};

const details: Record<string, Map<number, SampleDetail>> = {
  counts: new Map(noise.slice(0, 50).map((n, i) => [i * 3, { count: n % 9 }])),
  mixed: new Map<number, SampleDetail>([
    [0, { count: 0.5 }],
    [7, { metadata: { id: 12345678901234567890n, text: 'ü\u0000', list: [null, true] } }],
    [900, { count: 3, metadata: {} }],
    [901, {}],
  ]),
};

const plain = (summary: Summary): unknown => ({
  ...summary,
  sketch: summary.sketch && Buffer.from(encodeSketch(summary.sketch)).toString('hex'),
});

interface Kind {
  contents: Record<string, unknown>;
  encode: (content: never) => Uint8Array | null;
  check: (data: Uint8Array, content: never) => void;
}

const bits = (column: Float64Array): string => Buffer.from(column.buffer).toString('hex');

/** Every kind of blob: what is in its golden files, how it was written, how it is checked. */
const kinds: Record<string, Kind> = {
  values: {
    contents: columns,
    encode: encodeValues,
    check: (data, column: Float64Array) => expect(bits(decodeValues(data))).toBe(bits(column)),
  },
  times: {
    contents: times,
    encode: encodeTimes,
    check: (data, column: Float64Array) => expect(bits(decodeTimes(data))).toBe(bits(column)),
  },
  summary: {
    contents: summaries,
    encode: encodeSummary,
    check: (data, summary: Summary) => expect(plain(decodeSummary(data))).toEqual(plain(summary)),
  },
  details: {
    contents: details,
    encode: encodeDetails,
    check: (data, map: Map<number, SampleDetail>) => expect(decodeDetails(data)).toEqual(map),
  },
};

const folder = new URL('./golden/', import.meta.url);

/** Files are named kind.content.version.hex, were written once, and are never written again. */
const files = readdirSync(folder).filter((name) => name.endsWith('.hex'));

test.each(files)('golden/%s is read for ever', (file) => {
  const [kind, content] = file.split('.') as [string, string];
  const data = Buffer.from(
    readFileSync(new URL(file, folder), 'utf8').replaceAll(/\s/g, ''),
    'hex',
  );
  kinds[kind]!.check(data, kinds[kind]!.contents[content] as never);
});

test('every content has its golden file in the version that is written today', () => {
  for (const [kind, { contents, encode }] of Object.entries(kinds)) {
    for (const [name, content] of Object.entries(contents)) {
      const version = encode(content as never)![0]! & 15;
      expect(files).toContain(`${kind}.${name}.${version}.hex`);
    }
  }
});

test('the example of docs/format.md is read as it says', () => {
  const text = readFileSync(new URL('../../../../../../../docs/format.md', folder), 'utf8');
  const example = /```text\nvalues (.*)\n([^`]*)```/.exec(text)!;
  const data = Buffer.from(example[2]!.replaceAll(/#.*|\s/g, ''), 'hex');
  expect([...decodeValues(data)]).toEqual(JSON.parse(example[1]!));
});
