/** The mix: the data of every storage and query bench, generated from a seed. */

/** What a series of the mix is called; every session has all of them. */
export interface MixSeries {
  name: string;
  type: 'gauge' | 'counter' | 'timer';
  unit: string;
}

/** The ten series, in the order of `MixTick.values`. */
export const mixSeries: readonly MixSeries[] = [
  { name: 'cpu.usage', type: 'gauge', unit: 'percent' },
  { name: 'mem.rss', type: 'gauge', unit: 'MB' },
  { name: 'http.latency', type: 'timer', unit: 'ms' },
  { name: 'http.requests', type: 'counter', unit: '' },
  { name: 'gc.pause', type: 'timer', unit: 'ms' },
  { name: 'queue.depth', type: 'gauge', unit: '' },
  { name: 'fps', type: 'gauge', unit: '' },
  { name: 'disk.write', type: 'counter', unit: 'bytes' },
  { name: 'temp.cpu', type: 'gauge', unit: '°C' },
  { name: 'score', type: 'gauge', unit: '' },
];

/** Product versions that sessions draw from. */
const mixVersions: readonly string[] = [
  '1.0.0',
  '1.0.1',
  '1.1.0',
  '1.2.0',
  '2.0.0',
  '2.0.1',
  '2.1.0',
  '2.2.0-rc.1',
];

/** One sample of each series of one session at one instant. */
export interface MixTick {
  timeUs: number;
  /** By index of `mixSeries`. */
  values: Float64Array;
}

/** Epoch microseconds of the first tick, 2026-11-01T00:00:00Z, before jitter. */
const mixStartUs = 1_793_491_200_000_000;

interface SessionState {
  random: () => number;
  timeMs: number;
  cpu: number;
  rss: number;
  requests: number;
  queue: number;
  written: number;
  temperature: number;
}

/**
 * Sessions whose samples can be drawn in any order; each has its own random numbers, so that its
 * data depends on the seed and its index alone.
 */
export class Mix {
  readonly seed: number;
  readonly sessions: number;
  readonly #states: SessionState[];

  constructor(seed: number, sessions: number) {
    this.seed = seed;
    this.sessions = sessions;
    this.#states = Array.from({ length: sessions }, (_, session) => startState(seed, session));
  }

  /** The version that the session runs. */
  version(session: number): string {
    return mixVersions[(session * 2_654_435_761 + this.seed) % mixVersions.length]!;
  }

  /** The session's next tick, about a second after its last: 1,000 ms ± 5 ms. */
  nextTick(session: number): MixTick {
    const state = this.#states[session]!;
    state.timeMs += 1_000 + integer(state, -5, 5);
    return { timeUs: state.timeMs * 1_000, values: nextValues(state) };
  }

  /** The next `count` ticks of a session as columns: `values[k]` belongs to series `k`. */
  nextColumns(session: number, count: number): { timesUs: Float64Array; values: Float64Array[] } {
    const timesUs = new Float64Array(count);
    const values = mixSeries.map(() => new Float64Array(count));
    for (let i = 0; i < count; i++) {
      const tick = this.nextTick(session);
      timesUs[i] = tick.timeUs;
      for (let k = 0; k < values.length; k++) values[k]![i] = tick.values[k]!;
    }
    return { timesUs, values };
  }
}

function startState(seed: number, session: number): SessionState {
  const random = sfc32(seed, session, 0x9e3779b9, 0x243f6a88);
  const state = {
    random,
    timeMs: mixStartUs / 1_000,
    cpu: 30,
    rss: 0,
    requests: 0,
    queue: 20,
    written: 0,
    temperature: 45,
  };
  state.timeMs += integer(state, 0, 999);
  state.rss = 200 + random() * 600;
  return state;
}

/** Constants are chosen so that the noise comes to about 13.3 bits per value on average. */
function nextValues(state: SessionState): Float64Array {
  const { random } = state;
  state.cpu = Math.min(100, Math.max(0, 30 + 0.9 * (state.cpu - 30) + 4 * normal(random)));
  state.rss = Math.max(1, state.rss + 0.5 * normal(random));
  state.requests += integer(state, 0, 19);
  state.queue = Math.min(200, Math.max(0, state.queue + integer(state, -3, 3)));
  state.written += integer(state, 0, 65_535);
  state.temperature = 45 + 0.99 * (state.temperature - 45) + 0.3 * normal(random);
  const drop = random() < 0.02 ? 20 : 0;
  return Float64Array.of(
    round(state.cpu, 100),
    round(state.rss, 100),
    round(20 * Math.exp(0.5 * normal(random)), 1_000),
    state.requests,
    round(2 * Math.exp(0.6 * normal(random)), 1_000),
    state.queue,
    round(57 + 6 * random() - drop, 10),
    state.written,
    round(state.temperature, 10),
    random() * 100,
  );
}

function round(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}

function integer(state: { random: () => number }, min: number, max: number): number {
  return min + Math.floor(state.random() * (max - min + 1));
}

/** Standard normal by Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Chris Doty-Humphrey's sfc32, two steps per number: 53 random bits in [0, 1). */
function sfc32(a0: number, b0: number, c0: number, d0: number): () => number {
  let [a, b, c, d] = [a0 | 0, b0 | 0, c0 | 0, d0 | 0];
  const next = (): number => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return () => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992;
}
