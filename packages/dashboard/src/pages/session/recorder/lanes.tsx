/** The lanes of state changes and of events; one without data is not drawn. */

import { compact } from '../../../format/number.ts';
import { isRunning } from '../../../outcome.ts';
import { Glyph } from '../../../parts/glyph.tsx';
import { useRow, useSession } from '../model.ts';
import { isPhone, useRecorder } from './context.ts';
import { drawMark, Lane } from './lane.tsx';
import { barHit, besideDeath, drawBars, markHit, mostOf, nearest } from './lane-hits.ts';
import { type EventRow, eventRows, stateLane } from './lane-layout.ts';
import { pxOf } from './scale.ts';

/** Changes of the state: a tick each, as high as what it changes. */
export function StateLane() {
  const { feed } = useRecorder();
  const timeline = feed.timeline.value;
  const row = useRow();
  if (timeline === undefined || row.patches === 0) return null;
  const scale = feed.scale.value;
  const { marks, bars, count } = stateLane(timeline, scale);
  const most = Math.max(...bars.map((bar) => bar.count), 1);
  return (
    <Lane
      id="patches"
      name="State changes"
      count={compact(count)}
      heightPx={27}
      label={`${count} changes of the state`}
      draw={(context, ink) => {
        context.fillStyle = ink('--data-quiet');
        for (const { px, paths } of marks) {
          const height = Math.min(20, 4 + paths.length * 2.4);
          context.fillRect(Math.round(px) - 1, 24 - height, 2, height);
        }
        drawBars(context, bars, { top: 4, height: 20, most });
      }}
      hitTest={(px) => {
        const mark = nearest(marks, px);
        if (mark !== undefined) {
          const { paths, revision } = mark;
          const rest = paths.length > 3 ? ` and ${paths.length - 3} more` : '';
          const detail = paths.slice(0, 3).join(', ') + rest;
          return { px: mark.px, atMs: mark.atMs, title: `Revision ${revision}`, detail };
        }
        return barHit(bars, px, 'state changes');
      }}
    />
  );
}

/** Events by level: trouble in rows of its own. */
export function EventsLane() {
  const { feed } = useRecorder();
  const model = useSession();
  const timeline = feed.timeline.value;
  const row = useRow();
  if (timeline === undefined || row.events === 0) return null;
  const scale = feed.scale.value;
  const rows = eventRows(timeline, scale);
  const deathPx = isRunning(row) ? undefined : pxOf(model.endMs.value, scale);
  const height = isPhone.value ? 40 : 43;
  const [severe, warnings, rest] = rows as [EventRow, EventRow, EventRow];
  return (
    <Lane
      id="events"
      name="Events"
      heightPx={height}
      label={`${severe.count} errors, ${warnings.count} warnings, ${rest.count} other events`}
      count={<EventCounts rows={rows} />}
      draw={(context, ink) => {
        const tops = [3, 16, 29];
        const tokens = ['--o-crashed', '--o-hung', '--data-quiet'];
        rows.forEach(({ marks, bars }, i) => {
          const [top = 0, token = ''] = [tops[i], tokens[i]];
          context.fillStyle = ink(token);
          drawBars(context, bars, { top, height: 11, most: mostOf(bars) });
          // Of marks on one spot the severest is drawn last, so that it is seen.
          for (const mark of [...marks].reverse()) {
            const px = besideDeath(mark.px, deathPx);
            drawMark(context, ink, [px, top + (i === 2 ? 8 : 6)], mark.level);
          }
        });
      }}
      hitTest={(px, py) => {
        const at = py < 15 ? 0 : py < 28 ? 1 : 2;
        const mark = nearest(rows[at]?.marks ?? [], px, deathPx);
        if (mark !== undefined) return markHit(mark);
        const words = ['errors', 'warnings', 'events'];
        return barHit(rows[at]?.bars ?? [], px, words[at] ?? '', timeline);
      }}
    />
  );
}

function EventCounts({ rows }: { rows: readonly EventRow[] }) {
  const glyphs = ['error', 'warning', 'info'] as const;
  return (
    <>
      {rows.map(
        ({ count }, i) =>
          count > 0 && (
            <>
              <Glyph name={glyphs[i] ?? 'info'} size={i === 2 ? 10 : 9} />
              {compact(count)}
            </>
          ),
      )}
    </>
  );
}
