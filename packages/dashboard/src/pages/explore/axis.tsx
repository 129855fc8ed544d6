/** What stands around the lines: the axis of time, the cursor, the labels at their ends, the point under the pointer. */
import { brush } from '../../chart/gestures.ts';
import { spreadLabels } from '../../chart/spread.ts';
import { offsetTicks, timeTicks } from '../../chart/ticks.ts';
import { counted } from '../../format/number.ts';
import { clock, dayAndTime, hourMinute, offset } from '../../format/time.ts';
import { groupName, type Picture } from './groups.ts';
import { middleOf } from './near.ts';
import type { Range } from './range.ts';
import { cursorMs, near } from './view.ts';

/** Room that a label at the end of a line takes. */
const labelPx = 16;

/** Half of the width of a label of the axis. */
const tickHalfPx = 28;

/** Width of the words at a point, for the side that they stand on. */
const nearPx = 240;

const day = 86_400_000;

/** The axis of time. */
export function Axis({ view, widthPx, isAge }: { view: Range; widthPx: number; isAge: boolean }) {
  const [from, to] = view;
  const ticks = isAge ? offsetTicks(from, to, widthPx) : timeTicks(from, to, widthPx);
  const px = (at: number): number => ((at - from) / (to - from)) * widthPx;
  return (
    <div class="explore-axis" aria-hidden="true">
      {ticks
        .filter(({ value }) => px(value) > tickHalfPx && px(value) < widthPx - tickHalfPx)
        .map(({ value, text }) => (
          <span key={value} style={{ left: `${px(value)}px` }}>
            {text}
          </span>
        ))}
    </div>
  );
}

/** The step that a time lies in, in words. */
export function stepWords(atMs: number, stepMs: number, isAge: boolean): string {
  const from = middleOf(atMs, stepMs) - stepMs / 2;
  const to = from + stepMs;
  if (isAge) return from === 0 ? `0 – ${offset(to)}` : `${offset(from)} – ${offset(to)}`;
  if (stepMs >= day) return dayAndTime(from);
  if (stepMs < 60_000)
    return `${dayAndTime(from).replace(/ \S+$/, '')} ${clock(from, stepMs < 1_000 ? 1 : 0)}`;
  return `${dayAndTime(from)} – ${hourMinute(to)}`;
}

/** The cursor, snapped to the middle of its step, with a dot on each line in the fore. */
export function Cursor({
  picture,
  view: [from, to],
  heightPx,
  isAge,
}: {
  picture: Picture;
  view: Range;
  heightPx: number;
  isAge: boolean;
}) {
  const at = cursorMs.value;
  if (picture.stepMs === 0 || at === undefined || at < from || at > to) return null;
  const middle = middleOf(at, picture.stepMs);
  const share = (middle - from) / (to - from);
  return (
    <div class="explore-cursor" aria-hidden="true" style={{ left: `${share * 100}%` }}>
      <span class={share < 0.2 ? 'flag right' : 'flag'}>
        {stepWords(at, picture.stepMs, isAge)}
      </span>
      {picture.loud.map((value, i) => {
        const line = picture.lines.find((each) => each.value === value);
        const reading = line?.points.get(middle)?.value;
        if (reading === undefined) return null;
        const top = `${picture.topOf(reading) * heightPx}px`;
        return <i key={value ?? '\n'} class={`explore-dot series-${i + 1}`} style={{ top }} />;
      })}
    </div>
  );
}

/** Names at the ends of the lines in the fore. */
export function Ends({ picture, heightPx }: { picture: Picture; heightPx: number }) {
  const ends = picture.loud.flatMap((value, i) => {
    const line = picture.lines.find((each) => each.value === value);
    const last = line?.column.values.filter((each) => each !== null).at(-1);
    return last === undefined ? [] : [{ value, i, top: picture.topOf(last) * heightPx }];
  });
  const tops = spreadLabels(
    ends.map(({ top }) => Math.min(Math.max(top, 0), heightPx)),
    labelPx,
    labelPx / 2,
    heightPx - labelPx / 2,
  );
  return (
    <div class="explore-ends" aria-hidden="true">
      {ends.map(({ value, i }, place) => (
        <span
          key={value ?? '\n'}
          class={`clip series-${i + 1}`}
          style={{ top: `${tops[place]}px` }}
        >
          {groupName(value, picture.by)}
        </span>
      ))}
    </div>
  );
}

/** What a click on the point under the pointer leads to. */
export function Near({
  picture,
  view: [from, to],
  widthPx,
  heightPx,
}: {
  picture: Picture;
  view: Range;
  widthPx: number;
  heightPx: number;
}) {
  const point = near.value;
  if (point === undefined || point.atMs < from || point.atMs > to) return null;
  const left = ((point.atMs - from) / (to - from)) * widthPx;
  const top = picture.topOf(point.reading) * heightPx;
  return (
    <div aria-hidden="true">
      <i class="explore-point" style={{ left: `${left}px`, top: `${top}px` }} />
      <div
        class="explore-near"
        style={{
          left: `${left + nearPx > widthPx ? left - nearPx - 12 : left + 12}px`,
          top: `${Math.min(Math.max(top - 24, 0), heightPx - 52)}px`,
          width: `${nearPx}px`,
        }}
      >
        <span class="clip">
          <b>{picture.form(point.reading)}</b> {groupName(point.value, picture.by)}
        </span>
        <span class="small t3">Click for {counted(point.sessions, 'session')}</span>
      </div>
    </div>
  );
}

/** What is being dragged over. */
export function Brush({ place }: { place: { current: Element | null } }) {
  const dragged = brush.value;
  if (dragged === undefined || dragged.target !== place.current) return null;
  const left = `${dragged.fromPx}px`;
  const width = `${dragged.toPx - dragged.fromPx}px`;
  return <div class="explore-brush" style={{ left, width }} />;
}
