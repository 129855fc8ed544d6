/** The metrics of all sessions are found by name, whatever was recorded and deleted meanwhile. */
import type { SeriesKey } from '@tacho/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gauge, type Plan, sessionId } from '../../contract/plan.ts';
import { SeriesIndex } from './series-index.ts';
import { PartBench } from './testing/bench.ts';

let bench: PartBench<SeriesIndex>;

beforeEach(async () => {
  bench = await PartBench.open((main, index) => new SeriesIndex(main, index));
});

afterEach(() => bench.close());

function sample(session: number, series: SeriesKey): Plan {
  return { session, kind: 'sample', series, value: 1, atUs: bench.store.time.nowUs };
}

/** Every series of a metric as `session/tags`. */
function seriesOf(name: string): string[] {
  return bench.within((part) =>
    part.metrics(name).flatMap((metric) => {
      const { sessions, series, tagSets } = part.seriesOf(metric);
      expect(series.length).toBe(sessions.length);
      return [...sessions].map(
        (session, i) => `${metric.type} ${metric.unit} ${session} ${part.tags(tagSets[i]!)}`,
      );
    }),
  );
}

describe('the index of series', () => {
  it('knows the series of a metric by session, type, unit and tags', async () => {
    await bench.store.say({ session: 1, kind: 'start' }, { session: 2, kind: 'start' });
    await bench.store.say(
      sample(1, gauge('cpu')),
      sample(1, gauge('cpu', 'core:1', 'a')),
      sample(1, { ...gauge('cpu'), type: 'counter', unit: '%' }),
      sample(2, gauge('cpu', 'core:1', 'a')),
      sample(2, gauge('mem')),
    );
    bench.catchUp();
    const expected = ['counter % 1 ', 'gauge  1 ', 'gauge  1 core:1,a', 'gauge  2 core:1,a'];
    expect(seriesOf('cpu')).toEqual(expected);
    bench.restart();
    expect(seriesOf('cpu')).toEqual(expected);
    expect(seriesOf('mem')).toEqual(['gauge  2 ']);
    expect(seriesOf('none')).toEqual([]);
    expect(bench.within((part) => part.metrics().map(({ name }) => name))).toEqual([
      'cpu',
      'cpu',
      'mem',
    ]);
  });

  it('fills block after block', async () => {
    await bench.store.say({ session: 1, kind: 'start' });
    const tags = Array.from({ length: 2_500 }, (_, i) => `t:${i}`);
    await bench.store.say(...tags.map((tag) => sample(1, gauge('cpu', tag))));
    bench.catchUp(700);
    expect(seriesOf('cpu')).toEqual(tags.map((tag) => `gauge  1 ${tag}`));
  });

  it('forgets deleted sessions, and with the last of them the metric', async () => {
    await bench.store.say({ session: 1, kind: 'start' }, { session: 2, kind: 'start' });
    await bench.store.say(sample(1, gauge('cpu', 'a:1')), sample(2, gauge('cpu', 'a:2')));
    bench.catchUp();
    await bench.store.say({ session: 1, kind: 'end' });
    const { nowUs } = bench.store.time;
    await bench.store.store.expire({ beforeUs: nowUs + 1, sessionsMax: 10 });
    bench.catchUp();
    expect(seriesOf('cpu')).toEqual([`gauge  ${bench.no(sessionId(2))} a:2`]);
    await bench.expireAll();
    bench.catchUp();
    expect(bench.within((part) => part.metrics())).toEqual([]);
    for (const table of ['metric', 'tag_set', 'series_block']) {
      expect(bench.index.prepare(`SELECT count(*) AS n FROM ${table}`).get()).toEqual({ n: 0 });
    }
  });

  it('passes over what was deleted before it came', async () => {
    await bench.store.say({ session: 1, kind: 'start' });
    await bench.store.say(sample(1, gauge('cpu')));
    await bench.expireAll();
    await bench.store.say({ session: 2, kind: 'start' });
    await bench.store.say(sample(2, gauge('cpu')));
    bench.catchUp();
    expect(seriesOf('cpu')).toEqual([`gauge  ${bench.no(sessionId(2))} `]);
  });
});
