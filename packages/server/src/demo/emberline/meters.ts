/** What a run of the game measures, second by second. */
import type { Dice } from '../dice.ts';
import { type Meter, type SeriesSpec, type Stretch, sampleTimes } from '../performance.ts';
import type { Plan } from '../plan.ts';
import { citadel, type Scene, type Story } from './story.ts';

const MiB = 2 ** 20;

const frameSeries: readonly SeriesSpec[] = [
  { name: 'frame_time_ms', type: 'timer' },
  { name: 'draw_calls', type: 'gauge' },
  { name: 'net_ping_ms', type: 'gauge' },
];

const processSeries: readonly SeriesSpec[] = [
  { name: 'memory_rss', type: 'gauge', unit: 'bytes' },
  { name: 'gpu_vram', type: 'gauge', unit: 'bytes' },
  { name: 'bytes_loaded', type: 'counter', unit: 'bytes' },
  { name: 'asset_queue', type: 'gauge', tags: ['priority:high'] },
  { name: 'asset_queue', type: 'gauge', tags: ['priority:low'] },
  { name: 'thread_cpu', type: 'gauge', unit: 'percent', tags: ['thread:main'] },
  { name: 'thread_cpu', type: 'gauge', unit: 'percent', tags: ['thread:render'] },
  { name: 'thread_cpu', type: 'gauge', unit: 'percent', tags: ['thread:audio'] },
];

/** What only runs in full detail measure. */
const detailSeries: readonly SeriesSpec[] = [
  { name: 'thread_cpu', type: 'gauge', unit: 'percent', tags: ['thread:loader-1'] },
  { name: 'thread_cpu', type: 'gauge', unit: 'percent', tags: ['thread:loader-2'] },
  { name: 'heap_fragmentation', type: 'gauge', unit: 'percent' },
  { name: 'gpu_busy', type: 'gauge', unit: 'percent' },
  { name: 'audio_voices', type: 'gauge' },
  { name: 'open_files', type: 'gauge' },
  { name: 'asset_cache', type: 'gauge', unit: 'bytes' },
];

/** The meters of a run: what the main thread measures stops when it hangs, the rest goes on. */
export function metersOf(plan: Plan, story: Story, dice: Dice): Meter[] {
  const isFull = plan.hero === 'crash';
  const times = isFull
    ? sampleTimes(story.lengthSec, { denseSec: story.lengthSec, everySec: 1, sparseSec: 1 })
    : sampleTimes(story.lengthSec, { denseSec: 210, everySec: 2, sparseSec: 25 });
  const stalls: Stretch[] = [...story.hiccups, [story.hangSec, Number.POSITIVE_INFINITY]];
  const frames = new FrameGauges(plan, story, dice);
  const gauges = new ProcessGauges(plan, story, dice, isFull);
  return [
    {
      ...{ series: frameSeries, times, quiet: stalls },
      read: (sec, values) => frames.read(sec, values),
    },
    {
      series: isFull ? [...processSeries, ...detailSeries] : processSeries,
      times,
      read: (sec, values) => gauges.read(sec, values),
    },
  ];
}

/** Walks along the scenes of a story. */
class SceneCursor {
  readonly #scenes: readonly Scene[];
  #at = 0;

  constructor({ scenes }: Story) {
    this.#scenes = scenes;
  }

  at(sec: number): Scene {
    while (this.#at < this.#scenes.length - 1 && sec >= (this.#scenes[this.#at] as Scene).toSec) {
      this.#at += 1;
    }
    return this.#scenes[this.#at] as Scene;
  }
}

/** Milliseconds of a frame by scene. */
const frameMs = { boot: 33, main_menu: 8.4, level_load: 27, gameplay: 14.2, pause_menu: 8.1 };

class FrameGauges {
  readonly #cursor: SceneCursor;
  readonly #dice: Dice;
  /** Of the machine: a handheld takes longer than a tower. */
  readonly #slowness: number;
  readonly #ping: number;
  readonly #isLeaky: boolean;

  constructor(plan: Plan, story: Story, dice: Dice) {
    this.#cursor = new SceneCursor(story);
    this.#dice = dice;
    const vram = plan.machine.gpu?.vramBytes ?? 0;
    this.#slowness =
      (vram <= 4 * 2 ** 30 ? 1.55 : vram <= 8 * 2 ** 30 ? 1.15 : 0.85) * dice.between(0.92, 1.08);
    this.#ping = dice.spread(31, 0.4);
    this.#isLeaky = story.leakPerSec > 0;
  }

  read(sec: number, values: Float64Array): void {
    const { name, zone } = this.#cursor.at(sec);
    const dice = this.#dice;
    const heavy = name === 'gameplay' && zone === citadel ? (this.#isLeaky ? 1.5 : 1.12) : 1;
    const spike = dice.chance(name === 'level_load' ? 0.12 : 0.012) ? dice.between(2, 5) : 1;
    const ms = frameMs[name] * this.#slowness * heavy * (1 + 0.07 * dice.noise()) * spike;
    values[0] = Math.round(ms * 100) / 100;
    values[1] = Math.round((name === 'gameplay' ? 2100 * heavy : 260) * (1 + 0.08 * dice.noise()));
    values[2] = Math.round(this.#ping * (1 + 0.1 * dice.noise()) * (dice.chance(0.01) ? 4 : 1));
  }
}

/** Megabytes that a scene needs. */
const sceneMiB = { boot: 420, main_menu: 910, level_load: 1480, gameplay: 1790, pause_menu: 1790 };

class ProcessGauges {
  readonly #cursor: SceneCursor;
  readonly #dice: Dice;
  readonly #story: Story;
  readonly #isFull: boolean;
  readonly #share: number;
  #sec = 0;
  #memoryMiB = 300;
  #leaked = 0;
  #loaded = 0;
  #queue = 0;

  constructor(_plan: Plan, story: Story, dice: Dice, isFull: boolean) {
    this.#cursor = new SceneCursor(story);
    this.#dice = dice;
    this.#story = story;
    this.#isFull = isFull;
    this.#share = dice.between(0.9, 1.1);
  }

  read(sec: number, values: Float64Array): void {
    const dice = this.#dice;
    const dt = Math.min(30, sec - this.#sec);
    this.#sec = sec;
    const { name, zone, fromSec } = this.#cursor.at(sec);
    const { hangSec, hiccups } = this.#story;
    const isHung = sec > hangSec || hiccups.some(([from, to]) => sec > from && sec < to);
    const isLoading = name === 'level_load' || name === 'boot';
    if (zone === citadel) this.#leaked += this.#story.leakPerSec * dt;
    // Between two levels, the old one is kept until the new one is there.
    const needed = sceneMiB[name] * this.#share;
    const wanted = name === 'level_load' ? Math.max(needed, this.#memoryMiB) : needed;
    this.#memoryMiB += (wanted - this.#memoryMiB) * Math.min(1, dt / 12) + dice.noise() * 3;
    const rate = isHung ? 0 : isLoading ? 140 : name === 'gameplay' ? 2.5 : 0.1;
    this.#loaded += rate * dt * MiB * dice.between(0.7, 1.3);
    // While it hangs, what is asked for is queued and nobody takes it.
    const wantedQueue = isHung
      ? 400 + 30 * (sec - hangSec)
      : isLoading
        ? 220 * Math.exp(-(sec - fromSec) / 7)
        : 4;
    this.#queue += (wantedQueue - this.#queue) * Math.min(1, dt / 3);
    values[0] = Math.round((this.#memoryMiB * MiB + this.#leaked) / 4096) * 4096;
    values[1] = Math.round((this.#memoryMiB * 1.35 + dice.noise() * 6) * 256) * 4096;
    values[2] = Math.round(this.#loaded / 4096) * 4096;
    values[3] = Math.max(0, Math.round(this.#queue * 0.3 + dice.noise()));
    values[4] = Math.max(0, Math.round(this.#queue * 0.7 + 2 * dice.noise()));
    values[5] = percent(isHung ? 99.6 : isLoading ? 88 : name === 'gameplay' ? 61 : 22, dice);
    values[6] = percent(isHung ? 1 : name === 'gameplay' ? 73 : 34, dice);
    values[7] = percent(isHung ? 3 : 6.5, dice);
    if (this.#isFull) this.#readDetail(values, isHung, isLoading);
  }

  #readDetail(values: Float64Array, isHung: boolean, isLoading: boolean): void {
    const dice = this.#dice;
    values[8] = percent(isHung ? 0.4 : isLoading ? 82 : 9, dice);
    values[9] = percent(isHung ? 100 : isLoading ? 79 : 8, dice);
    values[10] = percent(11 + this.#leaked / (40 * MiB), dice);
    values[11] = percent(isHung ? 0 : isLoading ? 31 : 84, dice);
    values[12] = Math.max(0, Math.round((isHung ? 6 : 38) + 5 * dice.noise()));
    values[13] = Math.round(210 + (isLoading ? 90 : 0) + 6 * dice.noise());
    values[14] = Math.round((this.#memoryMiB * 0.28 * MiB + this.#leaked * 0.7) / 4096) * 4096;
  }
}

function percent(around: number, dice: Dice): number {
  const value = around + around * 0.05 * dice.noise() + 0.3 * dice.noise();
  return Math.round(Math.min(100, Math.max(0, value)) * 10) / 10;
}
