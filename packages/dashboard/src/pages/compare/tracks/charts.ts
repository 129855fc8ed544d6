/** The points of the compared charts: asked for each run in one question, or one for each large family. */
import { ask } from '../../../api.ts';
import type { Column } from '../../../chart/join.ts';
import { numberOf } from '../../../format/number.ts';
import type { Comparable } from '../differ.ts';
import { textOf } from '../differ.ts';
import { type Align, originOf, type Run, type Stretch } from '../runs.ts';

/** A family of more series is not asked for as a whole when one of them is shown. */
const familyMax = 8;

/** By id of the session, by text of the series: its points, in milliseconds since 1970. */
export type Points = Map<string, Map<string, Column>>;

/** What is asked for. */
export interface Wanted {
  runs: readonly Run[];
  items: readonly Comparable[];
  align: Align;
  view: Stretch;
  points: number;
}

/** Points of all the items for all the runs. */
export async function loadPoints(wanted: Wanted, signal: AbortSignal): Promise<Points> {
  const loaded = await Promise.all(
    wanted.runs.map(async (run): Promise<[string, Map<string, Column>]> => {
      const answers = await Promise.all(
        questionsOf(wanted, run).map((query) =>
          ask('sessionSeries', { id: run.row.id, query, signal }),
        ),
      );
      const columns = answers
        .flatMap(({ series }) => series)
        .map((each): [string, Column] => {
          const values = each.rate ?? each.avg ?? [];
          return [
            keyOf(each),
            { t: each.t, values: values.map((value) => numberOf(value) ?? null) },
          ];
        });
      return [run.row.id, new Map(columns)];
    }),
  );
  return new Map(loaded);
}

/** The points of one item of one run on the shared axis; undefined where it has none. */
export function columnOf(
  points: Points | undefined,
  run: Run,
  item: Comparable,
  align: Align,
): Column | undefined {
  const column = points?.get(run.row.id)?.get(keyOf(item));
  if (column === undefined) return undefined;
  const origin = originOf(run, align);
  return { t: column.t.map((at) => at - origin), values: column.values };
}

function questionsOf({ runs, items, align, view, points }: Wanted, run: Run) {
  const own = items.filter(({ byRun }) => byRun[run.index] !== undefined);
  const [from, to] = view;
  // A point on either side of the view lets its lines run to the edges.
  const room = ((to - from) / points) * 2;
  const range = {
    from: Math.floor(from - room + originOf(run, align)),
    to: Math.ceil(to + room + originOf(run, align)),
    points,
    as: 'rate',
  };
  if (own.length === 0 || range.to <= run.startMs || runs.length === 0) return [];
  const small = own.filter(({ family }) => family <= familyMax);
  const large = own.filter(({ family }) => family > familyMax);
  return [
    ...(small.length === 0 ? [] : [{ ...range, metric: [...new Set(small.map((i) => i.name))] }]),
    ...large.map(({ name, tags }) => ({ ...range, metric: [name], tag: [...tags] })),
  ];
}

function keyOf({ name, type, unit, tags }: Pick<Comparable, 'name' | 'type' | 'unit' | 'tags'>) {
  return JSON.stringify([textOf(name, tags), type, unit]);
}
