/** What the service measures: its requests by endpoint, its pools, its event loop, its memory. */
import { type Histogram, makeHistogram, toWire } from '@tacho/protocol';
import type { SampleDetail } from '../../store/store.ts';
import type { Dice } from '../dice.ts';
import { type Meter, type SeriesSpec, sampleTimes } from '../performance.ts';
import type { Plan } from '../plan.ts';
import { trafficAt } from './traffic.ts';

const MiB = 2 ** 20;

/** An endpoint: its share of the requests, median and spread of its duration. */
interface Endpoint {
  name: string;
  share: number;
  medianMs: number;
  sigma: number;
  status: string;
}

function endpointsOf({ version }: Plan): Endpoint[] {
  const isSlow = version === '1.12.3' || version === '1.12.4';
  const rows: [string, number, number, number, string][] = [
    ['cart', 0.52, 18, 0.55, '200'],
    // Since 1.12.3 it asks for each line of the cart by itself.
    ['checkout', 0.22, isSlow ? 168 : 74, isSlow ? 0.85 : 0.6, '200'],
    ['payment-intents', 0.14, 121, 0.5, '201'],
    ['orders', 0.115, 31, 0.6, '200'],
    ['checkout', 0.005, 42, 0.5, '503'],
  ];
  return rows.map(([name, share, medianMs, sigma, status]) => ({
    name,
    share,
    medianMs,
    sigma,
    status,
  }));
}

/** The meters of a run of the service. */
export function metersOf(plan: Plan, dice: Dice): Meter[] {
  const lengthSec = (plan.endUs - plan.startUs) / 1e6;
  const endpoints = endpointsOf(plan);
  const isLong = plan.hero === 'longService';
  const requests = new RequestCounter(plan, endpoints, dice);
  const gauges = new ServiceGauges(plan, dice);
  const everySec = isLong ? 30 : 5;
  const times = sampleTimes(lengthSec, { denseSec: 300, everySec, sparseSec: isLong ? 30 : 90 });
  const slowTimes = sampleTimes(lengthSec, {
    denseSec: 0,
    everySec: 15,
    sparseSec: Math.min(isLong ? 120 : 600, Math.max(15, lengthSec / 40)),
  });
  return [
    {
      series: [...gaugeSeries, ...requestSeries('http_requests', 'counter', endpoints)],
      times,
      read: (sec, values) => {
        gauges.read(sec, values);
        requests.read(sec, values, gaugeSeries.length);
      },
    },
    new DurationMeter(plan, endpoints, slowTimes, dice),
  ];
}

function requestSeries(
  name: string,
  type: 'counter' | 'histogram',
  endpoints: readonly Endpoint[],
): SeriesSpec[] {
  return endpoints.map(({ name: endpoint, status }) => ({
    name,
    type,
    tags: [`endpoint:${endpoint}`, `status:${status}`],
  }));
}

const gaugeSeries: readonly SeriesSpec[] = [
  { name: 'queue_depth', type: 'gauge' },
  { name: 'db_pool_in_use', type: 'gauge' },
  { name: 'event_loop_delay_ms', type: 'gauge' },
  { name: 'memory_rss', type: 'gauge', unit: 'bytes' },
  { name: 'heap_used', type: 'gauge', unit: 'bytes' },
  { name: 'process_cpu', type: 'gauge', unit: 'percent' },
];

class ServiceGauges {
  readonly #plan: Plan;
  readonly #dice: Dice;
  readonly #isSlow: boolean;
  #queue = 1;

  constructor(plan: Plan, dice: Dice) {
    this.#plan = plan;
    this.#dice = dice;
    this.#isSlow = plan.version === '1.12.3' || plan.version === '1.12.4';
  }

  read(sec: number, values: Float64Array): void {
    const dice = this.#dice;
    const { startUs, endUs, fate } = this.#plan;
    const load = trafficAt(startUs + sec * 1e6) / 40;
    const slow = this.#isSlow ? 1.7 : 1;
    const left = (endUs - startUs) / 1e6 - sec;
    const dying = fate === 'out_of_memory' ? Math.max(0, 1 - left / 2400) : 0;
    this.#queue += (load * 2.2 * slow - this.#queue) * 0.3 + 0.6 * dice.noise();
    if (dice.chance(0.004)) this.#queue += dice.between(10, 60);
    const heap = 96 + 42 * ((sec / 97) % 1) + dying * 780 + 2 * dice.noise();
    values[0] = Math.max(0, Math.round(this.#queue));
    values[1] = Math.min(20, Math.max(0, Math.round(load * 4.5 * slow + dice.noise())));
    values[2] = hundredths(1.3 + load * 0.8 + Math.abs(dice.noise()) * 0.7 + dying * 60);
    values[3] = Math.round((118 + heap) * 256) * 4096;
    values[4] = Math.round(heap * MiB);
    values[5] = hundredths(
      Math.min(100, Math.max(0.5, 9 + load * 22 + 3 * dice.noise() + dying * 40)),
    );
  }
}

/** Requests so far, by endpoint. */
class RequestCounter {
  readonly #plan: Plan;
  readonly #endpoints: readonly Endpoint[];
  readonly #dice: Dice;
  readonly #totals: number[];
  #sec = 0;

  constructor(plan: Plan, endpoints: readonly Endpoint[], dice: Dice) {
    this.#plan = plan;
    this.#endpoints = endpoints;
    this.#dice = dice;
    this.#totals = endpoints.map(() => 0);
  }

  read(sec: number, values: Float64Array, from: number): void {
    const requests = trafficAt(this.#plan.startUs + sec * 1e6) * (sec - this.#sec);
    this.#sec = sec;
    for (const [i, { share }] of this.#endpoints.entries()) {
      const added = Math.round(
        requests * share * this.#dice.between(0.85, 1.15) + this.#dice.next() - 0.5,
      );
      this.#totals[i] = (this.#totals[i] as number) + Math.max(0, added);
      values[from + i] = this.#totals[i] as number;
    }
  }
}

const bounds = [5, 10, 25, 50, 100, 200, 400, 800, 1600, 3200];

/** Durations as running totals in buckets. */
class DurationMeter implements Meter {
  readonly series: readonly SeriesSpec[];
  readonly times: number[];
  readonly #plan: Plan;
  readonly #dice: Dice;
  readonly #endpoints: {
    histogram: Histogram;
    exact: number[];
    parts: number[];
    meanMs: number;
    share: number;
  }[];
  #sec = 0;

  constructor(plan: Plan, endpoints: readonly Endpoint[], times: number[], dice: Dice) {
    this.series = requestSeries('http_request_duration_ms', 'histogram', endpoints);
    this.times = times;
    this.#plan = plan;
    this.#dice = dice;
    this.#endpoints = endpoints.map(({ medianMs, sigma, share }) => ({
      histogram: makeHistogram(bounds),
      exact: new Array<number>(bounds.length + 1).fill(0),
      parts: bucketParts(medianMs, sigma),
      meanMs: medianMs * Math.exp((sigma * sigma) / 2),
      share,
    }));
  }

  read(sec: number, values: Float64Array): void {
    const requests = trafficAt(this.#plan.startUs + sec * 1e6) * (sec - this.#sec);
    this.#sec = sec;
    for (const [i, endpoint] of this.#endpoints.entries()) {
      const { histogram, exact, parts, meanMs, share } = endpoint;
      for (const [k, part] of parts.entries()) {
        exact[k] = (exact[k] as number) + requests * share * part * this.#dice.between(0.8, 1.2);
        histogram.counts[k] = Math.round(exact[k] as number);
      }
      histogram.count = histogram.counts.reduce((sum, count) => sum + count, 0);
      histogram.sum = hundredths(histogram.count * meanMs * (1 + 0.01 * this.#dice.noise()));
      values[i] = histogram.count === 0 ? 0 : hundredths(histogram.sum / histogram.count);
    }
  }

  detail(series: number): SampleDetail {
    const { histogram } = this.#endpoints[series] as { histogram: Histogram };
    return { metadata: toWire(histogram) };
  }
}

/** Which part of log-normal values falls into each bucket. */
function bucketParts(median: number, sigma: number): number[] {
  const below = [...bounds.map((bound) => normalBelow(Math.log(bound / median) / sigma)), 1];
  return below.map((share, i) => share - (below[i - 1] ?? 0));
}

/** The normal distribution, by its logistic approximation. */
function normalBelow(z: number): number {
  return 1 / (1 + Math.exp(-1.5976 * z - 0.07056 * z ** 3));
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
