/** Proves the sentence that a comparison opens with. */
import { describe, expect, it } from 'vitest';
import type { SessionRow } from '../../outcome.ts';
import { rankSeries } from './differ.ts';
import { openingOf } from './opening.ts';
import { runsOf } from './runs.ts';

const row = (version: string, kind: string | null, more: Partial<SessionRow> = {}): SessionRow =>
  ({
    id: version,
    product: 'emberline',
    version,
    machine_id: 'm1',
    created_at: '2026-03-01T12:00:00Z',
    duration_ms: 1_000,
    lifecycle: kind === null ? 'active' : 'ended',
    liveness: kind === null ? 'responsive' : null,
    cause: kind === null ? null : { kind, sentence: '' },
    ...more,
  }) as SessionRow;

const textOf = (rows: SessionRow[], metrics: Parameters<typeof rankSeries>[0] = []): string =>
  openingOf(runsOf(rows), rankSeries(metrics))
    .map(({ text }) => text)
    .join('');

describe('the opening sentence', () => {
  it('says what is shared and who ended how', () => {
    expect(
      textOf([row('2.4.0', 'signaled'), row('2.4.0', 'signaled'), row('2.3.9', 'exited')]),
    ).toBe('Three runs of emberline on m1: A and B on 2.4.0 crashed, C on 2.3.9 ended well');
  });

  it('names the version once where all have it', () => {
    expect(textOf([row('1', 'signaled', { machine_id: 'm2' }), row('1', 'out_of_memory')])).toBe(
      'Two runs of emberline 1: A crashed, B ran out of memory',
    );
  });

  it('says both or all where they ended alike, and what runs', () => {
    expect(textOf([row('1', 'signaled'), row('1', 'signaled')])).toBe(
      'Two runs of emberline 1 on m1: both crashed',
    );
    expect(textOf([row('1', null), row('1', null), row('1', null)])).toBe(
      'Three runs of emberline 1 on m1: all are alive',
    );
  });

  it('names products where they differ', () => {
    expect(textOf([row('1', 'exited', { product: 'shop' }), row('1', null)])).toBe(
      'Two runs on m1: A of shop 1 ended well, B of emberline 1 is alive',
    );
  });

  it('says which metric differs most, with its unit, unless they hardly differ', () => {
    const memory = (avg: number) =>
      [{ name: 'memory_bytes', type: 'gauge', unit: '', tags: [], avg, last: avg }] as never;
    const rows = [row('1', 'exited'), row('1', 'exited')];
    expect(textOf(rows, [memory(2 ** 30), memory(2 ** 31)])).toBe(
      'Two runs of emberline 1 on m1: both ended well; memory_bytes differs most, 1 GiB to 2 GiB on average',
    );
    expect(textOf(rows, [memory(100), memory(101)])).toBe(
      'Two runs of emberline 1 on m1: both ended well',
    );
  });
});
