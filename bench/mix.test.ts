/** The mix is the same for everybody, and the codecs keep it as small as promised. */
import { expect, test } from 'vitest';
import { encodeTimes } from '../packages/server/src/store/sqlite/codec/times.ts';
import { encodeValues } from '../packages/server/src/store/sqlite/codec/values.ts';
import { Mix } from './mix.ts';

test('a session depends on the seed and its index alone', () => {
  const alone = new Mix(7, 3).nextColumns(2, 50);
  const mix = new Mix(7, 3);
  const interleaved = Array.from({ length: 50 }, () => [0, 1, 2].map((s) => mix.nextTick(s))[2]!);
  expect(interleaved.map((tick) => tick.timeUs)).toEqual([...alone.timesUs]);
  for (const [k, column] of alone.values.entries()) {
    expect(interleaved.map((tick) => tick.values[k])).toEqual([...column]);
  }
  expect(new Mix(8, 3).nextColumns(2, 50)).not.toEqual(alone);
});

test('a thousand ticks take at most 0.75 bytes per instant and 2.0 per value', () => {
  const mix = new Mix(1, 20);
  let times = 0;
  let values = 0;
  for (let session = 0; session < 20; session++) {
    const columns = mix.nextColumns(session, 1_000);
    times += encodeTimes(columns.timesUs).length;
    for (const column of columns.values) values += encodeValues(column).length;
  }
  expect(times / 20_000).toBeLessThanOrEqual(0.75);
  expect(values / 200_000).toBeLessThanOrEqual(2.0);
});
