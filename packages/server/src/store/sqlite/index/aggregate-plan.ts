/** Plans aggregates: which series of which sessions belong to which group. */
import type { AggregateQuery } from '../../store.ts';
import { isSessionKey, meetsSeriesFilter, tagValue } from '../../store.ts';
import { type Handlers, Handover } from '../thread.ts';
import type { Catalog, OpenIndex } from './catalog.ts';
import type { SessionAnswers } from './session-questions.ts';

/** The series of an aggregate, those of one session one after the other. */
export interface AggregatePlan {
  /** `series.no`. */
  series: Uint32Array;
  /** `session.no`. */
  sessions: Uint32Array;
  /** By series, when its session was created. */
  createdUs: Float64Array;
  /** By series, index into `groups`. */
  group: Uint32Array;
  /** By series, 1 when it is a counter. */
  counter: Uint8Array;
  /** Values of each group; a session is its number. */
  groups: (string | number | null)[][];
}

/** The handlers of a thread that plans. */
export function planHandlers(catalog: Catalog, answers: SessionAnswers): Handlers {
  return {
    planAggregate: (query: AggregateQuery) => {
      const plan = catalog.ask((open) => planOf(open, answers, query));
      const columns = [plan.series, plan.sessions, plan.createdUs, plan.group, plan.counter];
      return new Handover(
        plan,
        columns.map(({ buffer }) => buffer as ArrayBuffer),
      );
    },
  };
}

function planOf(open: OpenIndex, answers: SessionAnswers, query: AggregateQuery): AggregatePlan {
  const { filter, nowUs, by } = query;
  const sessionKeys = by.filter(isSessionKey);
  const match = answers.matchIn(open, { filter, by: sessionKeys, nowUs });
  const index = open.search.series;
  index.catchUp();
  const groups = new Groups(by, match.groups);
  const rows: { series: number; at: number; group: number; counter: number }[] = [];
  const names = query.metric.names;
  const metrics = names
    ? [...new Set(names)].flatMap((name) => index.metrics(name))
    : index.metrics();
  for (const metric of metrics) {
    if (!meetsSeriesFilter({ ...metric, tags: query.metric.tags ?? [] }, query.metric)) continue;
    const { sessions, series, tagSets } = index.seriesOf(metric);
    const tagsOf = remembering((tagSet) => index.tags(tagSet));
    const counter = metric.type === 'counter' ? 1 : 0;
    for (let i = 0; i < series.length; i++) {
      const at = placeOf(match.sessions, sessions[i]!);
      if (at < 0) continue;
      const tags = tagsOf(tagSets[i]!);
      if (!(query.metric.tags ?? []).every((tag) => tags.includes(tag))) continue;
      const group = groups.of(match.group[at]!, sessions[i]!, tags);
      rows.push({ series: series[i]!, at, group, counter });
    }
  }
  rows.sort((a, b) => a.at - b.at || a.series - b.series);
  return {
    series: Uint32Array.from(rows, ({ series }) => series),
    sessions: Uint32Array.from(rows, ({ at }) => match.sessions[at]!),
    createdUs: Float64Array.from(rows, ({ at }) => match.createdUs[at]!),
    group: Uint32Array.from(rows, ({ group }) => group),
    counter: Uint8Array.from(rows, ({ counter }) => counter),
    groups: groups.values,
  };
}

/** Groups of sessions, divided further by tags. */
class Groups {
  readonly values: (string | number | null)[][] = [];
  readonly #by: AggregateQuery['by'];
  readonly #sessionGroups: readonly (string | number | null)[][];
  readonly #known = new Map<string, number>();

  constructor(by: AggregateQuery['by'], sessionGroups: readonly (string | number | null)[][]) {
    this.#by = by;
    this.#sessionGroups = sessionGroups;
  }

  of(sessionGroup: number, session: number, tags: readonly string[]): number {
    const own = this.#by.map((key) => {
      if (key.by === 'session') return session;
      return key.by === 'tag' ? tagValue(tags, key.key) : null;
    });
    const id = JSON.stringify([sessionGroup, own]);
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const ofSession = [...this.#sessionGroups[sessionGroup]!];
    const no = this.values.push(
      this.#by.map((key, i) => (isSessionKey(key) ? ofSession.shift()! : own[i]!)),
    );
    this.#known.set(id, no - 1);
    return no - 1;
  }
}

function remembering<T>(read: (no: number) => T): (no: number) => T {
  const known = new Map<number, T>();
  return (no) => {
    const before = known.get(no);
    if (before !== undefined) return before;
    const found = read(no);
    known.set(no, found);
    return found;
  };
}

/** Position of a number in an ascending column; -1 when it is not there. */
function placeOf(column: Uint32Array, wanted: number): number {
  let low = 0;
  let high = column.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = column[middle]!;
    if (found === wanted) return middle;
    if (found < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
