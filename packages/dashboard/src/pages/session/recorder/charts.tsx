/** The charts in sight, in an order that hands can change. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { setQuery } from '../../../address.ts';
import { markReady } from '../../../ready.ts';
import { Chart } from './chart.tsx';
import { useRecorder } from './context.ts';
import { type Metric, moved } from './metrics.ts';
import './charts.css';

/** Movement below it is a click, in pixels. */
const clickPx = 4;

/** All charts. */
export function ChartList() {
  const { feed } = useRecorder();
  const place = useRef<HTMLDivElement>(null);
  const charts = feed.charts.value;
  const names = feed.shown.value ?? [];
  const byName = new Map((feed.metrics.value ?? []).map((metric) => [metric.name, metric]));
  const metrics = names.map((name) => byName.get(name)).filter((metric) => metric !== undefined);
  const { drag, ...hands } = useReorder(place, metrics);
  const { value: timeline } = feed.timeline;
  const isDrawn =
    metrics.length > 0 ? charts !== undefined : feed.shown.value !== undefined && !!timeline;
  useEffect(() => {
    if (isDrawn) markReady('session');
  }, [isDrawn]);
  return (
    <div class="charts" ref={place} {...hands}>
      {metrics.map((metric, i) => (
        <div
          key={metric.name}
          class={`chart-row${drag?.to === i ? (drag.from < i ? ' drop-below' : ' drop-above') : ''}${drag?.from === i ? ' dragged' : ''}`}
        >
          <Chart metric={metric} charts={charts} />
        </div>
      ))}
    </div>
  );
}

/** Rows are taken by their names and put elsewhere; with Alt and the arrow keys as well. */
function useReorder(place: { current: HTMLDivElement | null }, metrics: readonly Metric[]) {
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const start = useRef<{ from: number; y: number; hasMoved: boolean } | undefined>(undefined);
  const put = (from: number, to: number): void => {
    if (from === to || to < 0 || to >= metrics.length) return;
    const names = metrics.map(({ name }) => name);
    setQuery({ m: moved(names, from, to) }, { step: true });
  };
  const rows = (): Element[] => [...(place.current?.children ?? [])];
  const rowAt = (y: number): number => {
    const found = rows().findIndex((row) => y < row.getBoundingClientRect().bottom);
    return found < 0 ? metrics.length - 1 : found;
  };
  return {
    drag,
    onPointerDown: (event: PointerEvent) => {
      const target = event.target as Element;
      if (event.button !== 0 || event.pointerType === 'touch') return;
      if (target.closest('.name') === null || target.closest('[data-own-pointer]') !== null) return;
      start.current = { from: rowAt(event.clientY), y: event.clientY, hasMoved: false };
    },
    onPointerMove: (event: PointerEvent) => {
      const begun = start.current;
      if (begun === undefined) return;
      if (event.buttons === 0) {
        start.current = undefined;
        setDrag(undefined);
        return;
      }
      if (!begun.hasMoved && Math.abs(event.clientY - begun.y) < clickPx) return;
      if (!begun.hasMoved) place.current?.setPointerCapture(event.pointerId);
      begun.hasMoved = true;
      setDrag({ from: begun.from, to: rowAt(event.clientY) });
    },
    onPointerUp: () => {
      start.current = undefined;
      if (drag !== undefined) put(drag.from, drag.to);
      setDrag(undefined);
    },
    onKeyDown: (event: KeyboardEvent) => {
      const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
      const row = (event.target as Element).closest('.chart-row');
      if (!event.altKey || step === 0 || row === null) return;
      event.preventDefault();
      const from = rows().indexOf(row);
      put(from, from + step);
    },
  };
}
