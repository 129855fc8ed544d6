/** The lane of exceptions, with their types as far as there is room. */

import { compact } from '../../../format/number.ts';
import { isRunning } from '../../../outcome.ts';
import { useRow, useSession } from '../model.ts';
import { isPhone, useRecorder } from './context.ts';
import type { Timeline } from './feed.ts';
import { drawMark, Lane } from './lane.tsx';
import { besideDeath, markHit, nearest } from './lane-hits.ts';
import { exceptionMarks } from './lane-layout.ts';
import { pxOf } from './scale.ts';

let measuring: CanvasRenderingContext2D | null | undefined;

/** Width of a label, in pixels. */
function labelWidth(text: string): number {
  measuring ??= document.createElement('canvas').getContext('2d');
  if (!measuring) return text.length * 6.2;
  measuring.font = `600 11px ${getComputedStyle(document.body).fontFamily}`;
  return measuring.measureText(text).width + 6;
}

/** Exceptions with their types, as far as there is room. */
export function ExceptionsLane() {
  const { feed } = useRecorder();
  const model = useSession();
  const row = useRow();
  const timeline = feed.timeline.value;
  const anyIn = (one: Timeline | undefined): boolean => (one?.exceptions.length ?? 0) > 0;
  if (timeline === undefined || !(anyIn(timeline) || anyIn(feed.whole.value))) return null;
  const scale = feed.scale.value;
  const marks = exceptionMarks(timeline, scale, labelWidth);
  const deathPx = isRunning(row) ? undefined : pxOf(model.endMs.value, scale);
  const height = isPhone.value ? 20 : 27;
  const inSight = marks.filter(({ atMs }) => atMs >= scale.fromMs && atMs <= scale.toMs).length;
  return (
    <Lane
      id="exceptions"
      name="Exceptions"
      count={`${compact(inSight)}${timeline.more_exceptions ? '+' : ''}`}
      heightPx={height}
      label={`Exceptions: ${marks.map(({ name }) => name).join(', ')}`}
      draw={(context, ink) => {
        for (const { px, level } of marks) {
          const kind = level === 'critical' ? 'error' : level;
          drawMark(context, ink, [besideDeath(px, deathPx), height / 2], kind);
        }
      }}
      hitTest={(px) => {
        const mark = nearest(marks, px, deathPx);
        return mark && markHit(mark);
      }}
    >
      {marks.map(
        ({ seq, px, label, level }) =>
          label !== undefined && (
            <span
              key={seq}
              class={`lane-label${level === 'critical' ? ' ink-crashed strong' : ''}`}
              style={{ right: `${scale.widthPx - besideDeath(px, deathPx) + 9}px` }}
            >
              {label}
            </span>
          ),
      )}
    </Lane>
  );
}
