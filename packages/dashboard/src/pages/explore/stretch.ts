/** The stretch of time that is drawn: in the address, or as far as there is anything. */
import { query, setQuery } from '../../address.ts';
import { useAnswer } from '../../answer.ts';
import { ms, now } from '../../format/time.ts';
import type { Metric } from './metric.ts';
import { instantMs, type Range } from './range.ts';
import { ages, drawing, filter } from './view.ts';

/** What is drawn of time, and how far it may reach. */
export interface Stretch {
  view: Range;
  limits: Range;
  /** Whether times are ages of sessions, not times of day. */
  isAge: boolean;
  /** What the steps are cut from where the server cannot be asked for the view alone; 0 where it can. */
  usualMs: number;
  /** Whether the limits are known. */
  isKnown: boolean;
  setView(fromMs: number, toMs: number, isStep: boolean): void;
  reset(): void;
}

/** Now moves on in steps of so much, or everything would be asked anew all the time. */
const nowStepMs = 60_000;

/** Steps that the ages of sessions are looked at in, to see how far most of them came. */
const ageSteps = 400;

/** The first view of ages ends where so few of the sessions are left. */
const leftShare = 0.03;

/** The stretch of the drawing. */
export function useStretch(metric: Metric): Stretch {
  const isAge = drawing.value === 'start';
  const age = useAges(metric, isAge);
  if (isAge) {
    return {
      ...{ isAge, isKnown: age !== undefined, usualMs: age?.usual ?? 0 },
      view: ages.value ?? [0, age?.usual ?? 60_000],
      limits: [0, age?.longest ?? 60_000],
      setView: (young, old, step) =>
        setQuery({ young: Math.floor(young), old: Math.ceil(old) }, { step }),
      reset: () => setQuery({ young: undefined, old: undefined }, { step: true }),
    };
  }
  const nowMs = Math.ceil(now.value / nowStepMs) * nowStepMs;
  const firstMs = ms(metric.first_seen);
  const to = instantMs(query.value.get('to'), nowMs) ?? nowMs;
  const from = Math.min(instantMs(query.value.get('from'), nowMs) ?? firstMs, to - 1);
  return {
    ...{ isAge, isKnown: true, usualMs: 0 },
    view: [from, to],
    limits: [Math.min(firstMs, from), Math.max(nowMs, to)],
    setView: (left, right, step) =>
      setQuery({ from: Math.floor(left), to: Math.ceil(right) }, { step }),
    reset: () => setQuery({ from: undefined, to: undefined }, { step: true }),
  };
}

/** How old the oldest session became, and most of them. */
function useAges(
  metric: Metric,
  isWanted: boolean,
): { longest: number; usual: number } | undefined {
  const chosen = filter.value;
  const longest = useAnswer(
    'listSessions',
    isWanted
      ? { query: { ...chosen, sort: 'duration', limit: 1, totals: false, profile: false } }
      : undefined,
  ).value?.sessions[0]?.duration_ms;
  const everyMs = longest === undefined ? 0 : Math.max(1, Math.ceil(longest / ageSteps));
  const { name, type, unit } = metric;
  const { value } = useAnswer(
    'aggregate',
    longest === undefined || !isWanted
      ? undefined
      : {
          query: {
            ...chosen,
            ...{ metric: name, type, unit, fn: 'count', every: `${everyMs}ms`, since: 'start' },
          },
        },
  );
  if (longest === undefined || value === undefined) return undefined;
  const most = Math.max(...value.groups.map(({ sessions }) => sessions));
  const last = value.groups.filter(({ sessions }) => sessions >= most * leftShare).at(-1);
  const usual = ((last?.offset_ms ?? longest) + everyMs) * 1.02;
  return { longest: Math.max(longest, usual), usual };
}
