/** What cards say: rates of the range, changes that are no chance, and the worst first. */
import { describe, expect, it } from 'vitest';
import { type CountGroup, productHealth } from './health.ts';

const hour = 3_600_000;
const fromMs = Date.UTC(2026, 2, 1);
const steps = { fromMs, toMs: fromMs + 4 * hour, everyMs: hour };

function group(
  product: string,
  step: number,
  { cause = 'exited' as string | null, sessions = 0, crashed = 0, active = 0 },
): CountGroup {
  const totals = { suspended: 0, hung: 0, healthy: 0, errored: 0, abnormal: 0 };
  const time = new Date(fromMs + step * hour).toISOString();
  return { by: { product, cause }, time, sessions, crashed, active, ...totals };
}

function before(product: string, sessions: number, crashed: number) {
  return {
    value: product,
    sessions,
    crashed,
    healthy: sessions - crashed,
    errored: 0,
    abnormal: 0,
  };
}

function release(version: string, sessions: number, crashed: number) {
  const rate = { value: 1, low: 1, high: 1 };
  const counts = { active: 0, suspended: 0, hung: 0, healthy: 0, errored: 0, abnormal: 0 };
  return {
    ...{ product: 'shop', version, sessions, crashed, ...counts },
    ...{ crash_free_rate: rate, hang_free_rate: rate, adoption: 0.5, causes: [], exceptions: [] },
    ...{ first_seen: '2026-03-01T00:00:00.000Z', last_seen: '2026-03-01T00:00:00.000Z' },
  };
}

describe('productHealth', () => {
  it('counts what started in the range, and what is alive wherever it started', () => {
    const [shop] = productHealth(
      [
        group('shop', -3, { cause: null, sessions: 2, active: 2 }),
        group('shop', 0, { sessions: 90 }),
        group('shop', 1, { cause: 'signaled', sessions: 10, crashed: 10 }),
        group('shop', 1, { cause: 'terminated_by_user', sessions: 4 }),
      ],
      [],
      new Map(),
      steps,
    );
    expect(shop).toMatchObject({ sessions: 104, live: 2, inTrouble: 10, change: null });
    expect(shop?.crashFree).toBeCloseTo(94 / 104);
  });

  it('calls a difference certain only where so many sessions cannot differ so by chance', () => {
    const few = productHealth(
      [group('shop', 0, { sessions: 20, crashed: 1 })],
      [before('shop', 20, 0)],
      new Map(),
      steps,
    );
    expect(few[0]?.change).toMatchObject({ isCertain: false });
    const many = productHealth(
      [group('shop', 0, { sessions: 2000, crashed: 100 })],
      [before('shop', 2000, 20)],
      new Map(),
      steps,
    );
    expect(many[0]?.change).toMatchObject({ isCertain: true });
    expect(many[0]?.change?.difference).toBeCloseTo(-0.04);
  });

  it('tells of a version that fell for sure rather than of a range that hardly moved', () => {
    const [shop] = productHealth(
      [group('shop', 0, { sessions: 1000, crashed: 30 })],
      [before('shop', 1000, 29)],
      new Map([['shop', [release('2.0', 300, 28), release('1.9', 700, 2)]]]),
      steps,
    );
    expect(shop?.change?.versions).toEqual({ base: '1.9', candidate: '2.0' });
  });

  it('puts what fell for sure before what fell by chance, however far', () => {
    const order = productHealth(
      [
        group('noisy', 0, { sessions: 10, crashed: 2 }),
        group('steady', 0, { sessions: 5000, crashed: 10 }),
        group('worse', 0, { sessions: 5000, crashed: 200 }),
      ],
      [before('noisy', 10, 1), before('steady', 5000, 10), before('worse', 5000, 50)],
      new Map(),
      steps,
    ).map(({ product }) => product);
    expect(order).toEqual(['worse', 'noisy', 'steady']);
  });

  it('leaves steps without a session open', () => {
    const [shop] = productHealth(
      [group('shop', 0, { sessions: 10 }), group('shop', 3, { sessions: 10, crashed: 5 })],
      [],
      new Map(),
      steps,
    );
    expect(shop?.trend).toEqual([1, null, null, 0.5]);
  });
});
