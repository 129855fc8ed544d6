/** The lane of how the program was doing. */
import { duration } from '../../../format/time.ts';
import { useRow, useSession } from '../model.ts';
import { isPhone, useRecorder } from './context.ts';
import { endWord } from './ending.ts';
import { Lane } from './lane.tsx';
import { pxOf } from './scale.ts';
import { statusWords } from './status.ts';

/** How the program was doing. */
export function StatusLane() {
  const model = useSession();
  const row = useRow();
  const { feed, spans } = useRecorder();
  const scale = feed.scale.value;
  const height = isPhone.value ? 20 : 31;
  const shown = spans.value
    .map((span) => {
      const left = Math.max(0, pxOf(span.fromMs, scale));
      return { ...span, left, width: Math.min(scale.widthPx, pxOf(span.toMs, scale)) - left };
    })
    .filter(({ width }) => width > 0);
  const endPx = pxOf(model.endMs.value, scale);
  const word = endWord(row);
  const isTrouble = row.crashed || row.lifecycle === 'lost';
  return (
    <Lane
      id="status"
      name="Status"
      heightPx={height}
      label={`Status: ${shown.map((span) => statusWords(span, row.last_heartbeat !== null)).join(', ')}`}
      draw={(context, ink) => {
        const middle = height / 2;
        for (const { status, left, width } of shown) {
          if (status === 'hung') {
            context.fillStyle = ink('--o-hung');
            context.beginPath();
            context.roundRect(left, middle - 9, Math.max(2, width), 18, 2);
            context.fill();
          } else if (status === 'responsive') {
            context.fillStyle = ink('--data-quiet');
            context.fillRect(left, middle - 1.5, width, 3);
          } else {
            context.fillStyle = ink('--data-quiet');
            for (let at = 0; at < width; at += 6) {
              context.fillRect(left + at, middle - 0.5, Math.min(2, width - at), 1);
            }
          }
        }
      }}
    >
      {shown.map((span) => (
        <span
          key={span.fromMs}
          class={`lane-word word-${span.status}`}
          style={{ left: `${span.left}px`, maxWidth: `${Math.max(0, span.width)}px` }}
          hidden={span.width < (span.status === 'responsive' ? 90 : 26)}
        >
          {isPhone.value && span.status === 'hung'
            ? duration(span.toMs - span.fromMs)
            : statusWords(span, row.last_heartbeat !== null)}
        </span>
      ))}
      {word !== '' && !isPhone.value && endPx >= 0 && endPx < scale.widthPx - 30 && (
        <span
          class={`lane-word word-end${isTrouble ? ' ink-crashed' : ''}`}
          style={{ left: `${endPx}px`, maxWidth: `${scale.widthPx - endPx}px` }}
        >
          {word}
        </span>
      )}
    </Lane>
  );
}
