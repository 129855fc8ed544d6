/** What charts of one, few and many series have in common inside their frame. */
import { setQuery } from '../../../address.ts';
import { useSession } from '../model.ts';
import { chartHeights, type ValueScale, yOf } from './chart-frame.tsx';
import { isPhone, useRecorder } from './context.ts';
import type { Metric } from './metrics.ts';
import { type Drawn, pointAt } from './points.ts';
import { pxOf } from './scale.ts';

/** Height of the drawing of a chart. */
export function plotHeight(kind: keyof typeof chartHeights): number {
  return (isPhone.value ? chartHeights.phone : chartHeights[kind]) - 1;
}

/** A counter's values are growth per second where it is shown as rate. */
export function unitTail(metric: Metric, totals: ReadonlySet<string>): string {
  return metric.type === 'counter' && !totals.has(metric.name) ? '/s' : '';
}

/** Ticks with their places, from the top. */
export function ticksOf(values: ValueScale, tail = ''): { text: string; y: number }[] {
  const units = values.ticks.map(({ value, text }) => (value === 0 ? undefined : unitIn(text)));
  // One unit for all stands at the top alone.
  const [first] = units.filter((unit) => unit !== undefined);
  const isShared = units.every((unit) => unit === undefined || unit === first);
  return values.ticks.map(({ value, text }, i) => {
    const isBare = isShared && first !== undefined && i < values.ticks.length - 1 && value !== 0;
    const short = isBare ? text.slice(0, text.length - first.length) : text + tail;
    return { text: short, y: yOf(value, values) };
  });
}

/** The unit at the end of a reading, with the space before it. */
function unitIn(text: string): string {
  return /^[−\d.\u2009]+( [^\d]+)$/.exec(text)?.[1] ?? '';
}

/** The point of a series that the cursor is on. */
export function CursorDot({
  series,
  values,
  token,
}: {
  series: Drawn;
  values: ValueScale;
  token?: string;
}) {
  const model = useSession();
  const { feed } = useRecorder();
  const scale = feed.scale.value;
  const at = pointAt(series, model.cursorMs.value);
  const value = at === undefined ? null : (series.avg[at] ?? null);
  if (at === undefined || value === null) return null;
  const px = pxOf(series.t[at] as number, scale);
  if (px < 0 || px > scale.widthPx) return null;
  return (
    <i
      class="cursor-dot"
      style={{
        transform: `translate(${px}px, ${yOf(value, values)}px)`,
        ...(token !== undefined && { background: `var(${token})` }),
      }}
    />
  );
}

/** Chooses between the total of a counter and its growth. */
export function CounterForm({ metric: { name, type } }: { metric: Metric }) {
  const { feed } = useRecorder();
  if (type !== 'counter') return null;
  const totals = feed.totals.value;
  const isTotal = totals.has(name);
  const toggle = (): void => {
    const rest = [...totals].filter((each) => each !== name);
    setQuery({ total: isTotal ? rest : [...rest, name] }, { step: true });
  };
  return (
    <button
      type="button"
      class="form-toggle"
      title={isTotal ? 'Show growth per second' : 'Show the running total'}
      onClick={toggle}
    >
      {isTotal ? 'total' : 'per second'}
    </button>
  );
}
