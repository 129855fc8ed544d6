/** Sessions per step as stacked bars, trouble again below on its own scale, and what a bar holds. */
import { useState } from 'preact/hooks';
import { useWidth } from '../../chart/width.ts';
import { count, counted } from '../../format/number.ts';
import { dayOf, hourMinute } from '../../format/time.ts';
import { outcomeLabels, troubles } from '../../outcome.ts';
import { Glyph } from '../../parts/glyph.tsx';
import { type Bar, type Stacked, stacked } from './bars.ts';
import { HoursDrawing, type Marker, plotLeft } from './hours-drawing.tsx';

/** The bars of a product, of all outcomes or of one. */
export function Hours({
  title,
  bars,
  barMs,
  only,
  markers,
  onOpen,
}: {
  title: string;
  bars: readonly Bar[];
  barMs: number;
  only: Stacked | undefined;
  markers: readonly Marker[];
  /** Opens the sessions that ran in the time of a bar: those that began in it, and some that went on. */
  onOpen: (bar: Bar) => void;
}) {
  const [place, width] = useWidth<HTMLDivElement>();
  const [at, setAt] = useState<number | undefined>(undefined);
  const bar = at === undefined ? undefined : bars[at];
  // What is told of before anybody has chosen is what opens.
  const told = bars[at ?? bars.length - 1];
  const pitch = (width - plotLeft) / bars.length;

  const point = (event: PointerEvent): void => {
    const left = (event.currentTarget as HTMLElement).getBoundingClientRect().left;
    const index = Math.floor((event.clientX - left - plotLeft) / pitch);
    setAt(index >= 0 && index < bars.length ? index : undefined);
  };
  const press = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (event.key === 'Escape') setAt(undefined);
    else if (event.key === 'Enter' && told !== undefined) onOpen(told);
    else if (step !== undefined) {
      const next = (at ?? bars.length) + (event.shiftKey ? step * 10 : step);
      setAt(Math.max(0, Math.min(bars.length - 1, next)));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={place}
      class="ov-hours"
      role="slider"
      tabIndex={0}
      aria-label={`${title}: arrow keys go from bar to bar, Enter lists what ran then`}
      aria-valuemin={0}
      aria-valuemax={bars.length - 1}
      aria-valuenow={at ?? bars.length - 1}
      aria-valuetext={spoken(told, barMs)}
      onPointerMove={point}
      onPointerLeave={() => setAt(undefined)}
      onBlur={() => setAt(undefined)}
      onClick={() => bar !== undefined && onOpen(bar)}
      onKeyDown={press}
    >
      {width > 0 && (
        <HoursDrawing
          bars={bars}
          barMs={barMs}
          width={width}
          only={only}
          markers={markers}
          at={at}
        />
      )}
      {bar !== undefined && at !== undefined && (
        <Tip bar={bar} barMs={barMs} x={plotLeft + (at + 0.5) * pitch} width={width} />
      )}
    </div>
  );
}

const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, Home: -1e6, End: 1e6 };

/** Outcomes with their totals; a click shows one of them alone. */
export function Legend({
  totals,
  only,
  onOnly,
}: {
  totals: Record<Stacked, number>;
  only: Stacked | undefined;
  onOnly: (outcome: Stacked | undefined) => void;
}) {
  const shown = (['clean', 'live', ...troubles] as const).filter(
    (outcome) => totals[outcome] > 0 || outcome === only,
  );
  return (
    <fieldset class="ov-legend" aria-label="Show one outcome alone">
      {shown.map((outcome) => (
        <button
          key={outcome}
          type="button"
          aria-pressed={only === outcome}
          onClick={() => onOnly(only === outcome ? undefined : outcome)}
        >
          <Glyph name={outcome} size={14} />
          <b>{count(totals[outcome])}</b> {outcomeLabels[outcome]}
        </button>
      ))}
    </fieldset>
  );
}

function Tip({ bar, barMs, x, width }: { bar: Bar; barMs: number; x: number; width: number }) {
  const side = x > width / 2 ? { right: `${width - x + 10}px` } : { left: `${x + 10}px` };
  return (
    <div class="ov-tip" style={side} aria-hidden="true">
      <p class="t2">{span(bar, barMs)}</p>
      <p>
        <b>{count(bar.sessions)}</b> {bar.sessions === 1 ? 'session' : 'sessions'} began
      </p>
      {stacked
        .filter((outcome) => bar.counts[outcome] > 0)
        .map((outcome) => (
          <p key={outcome} class="ov-tip-row">
            <Glyph name={outcome} size={14} />
            <b>{count(bar.counts[outcome])}</b> {outcomeLabels[outcome]}
          </p>
        ))}
    </div>
  );
}

function span({ fromMs }: Bar, barMs: number): string {
  return `${dayOf(fromMs)} ${hourMinute(fromMs)}–${hourMinute(fromMs + barMs)}`;
}

function spoken(bar: Bar | undefined, barMs: number): string {
  if (bar === undefined) return '';
  const parts = stacked
    .filter((outcome) => bar.counts[outcome] > 0)
    .map((outcome) => `${bar.counts[outcome]} ${outcomeLabels[outcome]}`);
  return `${span(bar, barMs)}: ${counted(bar.sessions, 'session')} began${parts.length > 0 ? `, ${parts.join(', ')}` : ''}`;
}
