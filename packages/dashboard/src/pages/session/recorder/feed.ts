/** What the recorder draws: lanes and charts of the stretch in view, asked for as the view moves. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { query } from '../../../address.ts';
import { type Answer, type ApiError, asApiError, ask } from '../../../api.ts';
import { isPaused } from '../../../live.ts';
import type { SessionModel } from '../model.ts';
import { firstChoice, type Metric, metricsOf } from './metrics.ts';
import { newestOnly } from './newest.ts';
import { askedRange, questionsFor } from './plan.ts';
import { type Drawn, drawn } from './points.ts';
import type { Scale } from './scale.ts';

/** Everything worth a mark, as the API tells it. */
export type Timeline = Answer<'getTimeline'>;

/** Metrics that moved, as the API tells them. */
type Movers = Answer<'listMovers'>['movers'];

/** The charts of one answer. */
export interface Charts {
  /** What was asked for. */
  fromMs: number;
  toMs: number;
  /** The width that a point stands for at least. */
  columnMs: number;
  byName: ReadonlyMap<string, readonly Drawn[]>;
  /** Series of these metrics that were too many to be told. */
  leftOut: number;
}

/** What is there to draw; opened with the recorder, closed with it. */
export interface Feed {
  /** Width of the plots, in pixels; 0 before they are laid out. */
  readonly widthPx: Signal<number>;
  /** The stretch in view and its pixels. */
  readonly scale: ReadonlySignal<Scale>;
  readonly timeline: ReadonlySignal<Timeline | undefined>;
  /** The same for the whole run. */
  readonly whole: ReadonlySignal<Timeline | undefined>;
  readonly metrics: ReadonlySignal<readonly Metric[] | undefined>;
  /** The metrics that moved most before the end, the greatest move first. */
  readonly movers: ReadonlySignal<Movers | undefined>;
  /** Names of the metrics in sight. In the address as `m` when somebody chose. */
  readonly shown: ReadonlySignal<readonly string[] | undefined>;
  readonly isChosen: ReadonlySignal<boolean>;
  /** Counters that are shown as totals. In the address as `total`. */
  readonly totals: ReadonlySignal<ReadonlySet<string>>;
  /** The metric whose chart is tall. In the address as `tall`. */
  readonly tall: ReadonlySignal<string | undefined>;
  /** The series that stays raised, by its key. In the address as `series`. */
  readonly kept: ReadonlySignal<string | undefined>;
  /** What series are looked for by. In the address as `find`. */
  readonly find: ReadonlySignal<string>;
  readonly charts: ReadonlySignal<Charts | undefined>;
  /** Whether what is in view has been drawn, as far as it can be: what else costs time comes after it. */
  readonly isDrawn: ReadonlySignal<boolean>;
  readonly error: ReadonlySignal<ApiError | undefined>;
  retry(): void;
  close(): void;
}

/** Metrics and the whole run of a live session are asked for again at most so often. */
const slowRefreshMs = 5_000;

/**
 * A step of the view waits so long for its data, in milliseconds, since to draw it twice takes twice
 * as long; what hands move is drawn at once.
 */
const holdMs = 80;

/**
 * Width of a point: finer, the mean of what jumps would hide its own band. Where many lines are drawn
 * it is larger, because they take their time by their points.
 */
const pointPx = { few: 2, many: 3 };

/** Series in sight from which on there are many. */
const manySeries = 9;

/** Opens the feed of a session. */
export function openFeed(model: SessionModel): Feed {
  const { id } = model;
  const widthPx = signal(0);
  const fromMs = computed(() => model.view.value[0]);
  const toMs = computed(() => model.view.value[1]);
  const drawnView = signal(model.view.peek());
  let holding: number | undefined;
  const release = (): void => {
    clearTimeout(holding);
    holding = undefined;
    drawnView.value = model.view.peek();
  };
  const scale = computed((): Scale => {
    const [from, to] = drawnView.value;
    return { fromMs: from, toMs: to, widthPx: widthPx.value };
  });
  const timeline = signal<Timeline | undefined>(undefined);
  const whole = signal<Timeline | undefined>(undefined);
  const metrics = signal<readonly Metric[] | undefined>(undefined);
  const movers = signal<Movers | undefined>(undefined);
  /** The first answer: what is shown by itself does not change under somebody's eyes. */
  const firstMovers = signal<Movers | undefined>(undefined);
  const charts = signal<Charts | undefined>(undefined);
  const error = signal<ApiError | undefined>(undefined);
  const round = signal(0);
  const chosen = listIn('m');
  const totalList = listIn('total');
  const isChosen = computed(() => chosen.value.length > 0);
  const totals = computed(() => new Set(totalList.value));
  const shown = computed((): readonly string[] | undefined => {
    const all = metrics.value;
    if (all === undefined) return undefined;
    const names = new Set(all.map(({ name }) => name));
    if (isChosen.value) return chosen.value.filter((name) => names.has(name));
    return firstMovers.value && firstChoice(all, firstMovers.value);
  });

  const isDrawn = computed(
    () => charts.value !== undefined || shown.value?.length === 0 || error.value !== undefined,
  );

  const guarded = async (load: () => Promise<void>): Promise<void> => {
    try {
      await load();
      error.value = undefined;
    } catch (reason) {
      if ((reason as Error).name === 'AbortError') return;
      error.value = asApiError(reason);
    }
  };
  const lanes = newestOnly<{ range: readonly [number, number]; width: number }>(
    ({ range, width }, signal) =>
      guarded(async () => {
        const params = { from: Math.floor(range[0]), to: Math.ceil(range[1]), width };
        const answer = await ask('getTimeline', { id, query: params, signal });
        timeline.value = answer;
      }),
    (running, wanted) => areApart(running.range, wanted.range),
  );
  const strip = newestOnly<number>((width, signal) =>
    guarded(async () => {
      const params = {
        from: Math.floor(model.startMs.peek()),
        to: Math.ceil(model.endMs.peek()) + 1,
      };
      whole.value = await ask('getTimeline', { id, query: { ...params, width }, signal });
    }),
  );
  const plots = newestOnly<ChartsAsked>(
    (asked, signal) =>
      guarded(async () => {
        const answer = await chartsFor(id, asked, signal);
        batch(() => {
          charts.value = answer;
          release();
        });
      }),
    (running, wanted) => areApart(running.range, wanted.range),
  );
  const lists = newestOnly<void>((_, signal) =>
    guarded(async () => {
      const [{ series }, ranked] = await Promise.all([
        ask('sessionMetrics', { id, signal }),
        ask('listMovers', { id, query: { limit: 60 }, signal }),
      ]);
      batch(() => {
        metrics.value = metricsOf(series);
        movers.value = ranked.movers;
        firstMovers.value ??= ranked.movers;
      });
    }),
  );

  /** Rises when there may be something new to draw, unless somebody wants it to stand still. */
  const version = computed(() => (isPaused.value ? -1 : model.version.value) + round.value);
  const slowVersion = slowly(version);
  const range = computed(() => {
    const shownNow = new Set(shown.value);
    const slowest = Math.max(
      0,
      ...(metrics.value ?? []).filter(({ name }) => shownNow.has(name)).map((m) => m.intervalMs),
    );
    const [from, to] = askedRange([fromMs.value, toMs.value], model.startMs.peek(), slowest);
    return { range: [from, to] as const, share: (to - from) / (toMs.value - fromMs.value) };
  });
  const stops = [
    effect(() => {
      model.view.value;
      if (!model.isStep() || charts.peek() === undefined) release();
      else holding ??= setTimeout(release, holdMs);
    }),
    effect(() => {
      version.value;
      const [from, to] = askedRange([fromMs.value, toMs.value], model.startMs.peek(), 0);
      const wanted = Math.round((widthPx.value * (to - from)) / (toMs.value - fromMs.value));
      if (widthPx.value > 0) {
        lanes.ask({ range: [from, to], width: Math.min(4_000, Math.max(10, wanted)) });
      }
    }),
    effect(() => {
      round.value;
      slowVersion.value;
      if (widthPx.value > 0 && isDrawn.value)
        strip.ask(Math.min(4_000, Math.max(10, Math.round(widthPx.value))));
    }),
    effect(() => {
      round.value;
      slowVersion.value;
      lists.ask();
    }),
    effect(() => {
      version.value;
      const names = shown.value;
      const { range: asked, share } = range.value;
      if (names === undefined || names.length === 0 || widthPx.value === 0) return;
      const wanted = (metrics.peek() ?? []).filter(({ name }) => names.includes(name));
      const lines = wanted.reduce((sum, { series }) => sum + series.length, 0);
      const width = lines < manySeries ? pointPx.few : pointPx.many;
      plots.ask({
        range: asked,
        metrics: wanted,
        totals: totals.value,
        points: Math.min(10_000, Math.max(50, (widthPx.value * share) / width)),
      });
    }),
  ];
  return {
    ...{
      widthPx,
      scale,
      timeline,
      whole,
      metrics,
      movers,
      shown,
      isChosen,
      totals,
      charts,
      isDrawn,
      error,
    },
    tall: computed(() => query.value.get('tall') ?? undefined),
    kept: computed(() => query.value.get('series') ?? undefined),
    find: computed(() => query.value.get('find') ?? ''),
    retry: () => {
      round.value++;
    },
    close: () => {
      for (const stop of stops) stop();
      slowVersion.stop();
      clearTimeout(holding);
      for (const asking of [lanes, strip, plots, lists]) asking.stop();
    },
  };
}

interface ChartsAsked {
  range: readonly [number, number];
  metrics: readonly Metric[];
  totals: ReadonlySet<string>;
  points: number;
}

async function chartsFor(
  id: string,
  { range, metrics, totals, points }: ChartsAsked,
  signal: AbortSignal,
): Promise<Charts> {
  const questions = questionsFor(metrics, totals, range, points);
  const answers = await Promise.all(
    questions.map((query) => ask('sessionSeries', { id, query, signal })),
  );
  const [fromMs, toMs] = range;
  const columnMs = (toMs - fromMs) / points;
  const byName = new Map<string, Drawn[]>();
  for (const each of answers.flatMap(({ series }) => series)) {
    const series = drawn(each, columnMs);
    const group = byName.get(series.name);
    if (group === undefined) byName.set(series.name, [series]);
    else group.push(series);
  }
  return {
    ...{ fromMs, toMs, byName, columnMs },
    leftOut: answers.reduce((sum, { left_out }) => sum + left_out, 0),
  };
}

/** A list of the address as one signal that changes only when the list does. */
function listIn(name: string): ReadonlySignal<readonly string[]> {
  const text = computed(() => JSON.stringify(query.value.getAll(name)));
  return computed(() => JSON.parse(text.value) as string[]);
}

/** Follows the version of the session in large steps. */
function slowly(version: ReadonlySignal<number>): Signal<number> & { stop(): void } {
  const slow = signal(0);
  let timer: number | undefined;
  let last = version.peek();
  const stop = effect(() => {
    if (version.value === last) return;
    last = version.value;
    timer ??= setTimeout(() => {
      timer = undefined;
      slow.value++;
    }, slowRefreshMs);
  });
  return Object.assign(slow, {
    stop: () => {
      stop();
      clearTimeout(timer);
    },
  });
}

/** Whether two stretches have nothing in common: then the answer to one is of no use for the other. */
function areApart(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[1] < b[0] || b[1] < a[0];
}
