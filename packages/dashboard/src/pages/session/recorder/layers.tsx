/** What spans all lanes: washes behind them, the line of death, the cursor and the brush in front. */
import { brush } from '../../../chart/gestures.ts';
import { clock, offset } from '../../../format/time.ts';
import { outcomeOfRow } from '../../../outcome.ts';
import { useRow, useSession } from '../model.ts';
import { useRecorder } from './context.ts';
import { endName } from './ending.ts';
import { pxOf, secondDigits } from './scale.ts';

/** Washes behind the lanes: where it hung, and the time after the end. */
export function Under() {
  const model = useSession();
  const { feed, spans } = useRecorder();
  const scale = feed.scale.value;
  const end = pxOf(model.endMs.value, scale);
  const inside = (px: number): number => Math.min(Math.max(px, 0), scale.widthPx);
  return (
    <div class="under">
      {spans.value.map((span) => {
        const left = inside(pxOf(span.fromMs, scale));
        const width = inside(pxOf(span.toMs, scale)) - left;
        return span.status === 'hung' && width > 0 ? (
          <div
            key={span.fromMs}
            class="z-hung"
            style={{ left: `${left}px`, width: `${width}px` }}
          />
        ) : null;
      })}
      {!model.isLive.value && end < scale.widthPx && (
        <div class="z-after" style={{ left: `${inside(end)}px`, right: '0' }} />
      )}
    </div>
  );
}

/** Death, cursor and brush. */
export function Over({ place }: { place: { current: Element | null } }) {
  return (
    <div class="over">
      <Death />
      <Versus />
      <Cursor />
      <Brush place={place} />
    </div>
  );
}

function Death() {
  const model = useSession();
  const row = useRow();
  const { feed } = useRecorder();
  const scale = feed.scale.value;
  const px = pxOf(model.endMs.value, scale);
  if (model.isLive.value || px < 0 || px > scale.widthPx) return null;
  return (
    <div class={`death death-${outcomeOfRow(row)}`} style={{ left: `${px - 1}px` }}>
      <span class={`flag${px > scale.widthPx - 56 ? ' left' : ''}`}>
        {clock(model.endMs.value)}
      </span>
    </div>
  );
}

/** The other instant of a comparison of states. */
function Versus() {
  const model = useSession();
  const { feed } = useRecorder();
  const scale = feed.scale.value;
  const at = model.versusMs.value;
  const px = at === undefined ? -1 : pxOf(at, scale);
  if (px < 0 || px > scale.widthPx) return null;
  return <div class="versus-line" style={{ left: `${px - 0.5}px` }} />;
}

function Cursor() {
  const model = useSession();
  const { feed } = useRecorder();
  const scale = feed.scale.value;
  const at = model.cursorMs.value;
  const px = pxOf(at, scale);
  if (px < -1 || px > scale.widthPx + 1) return null;
  const fromEnd = at - model.endMs.value;
  const row = useRow();
  const words = Math.abs(fromEnd) < 1 ? endName(row) : offset(fromEnd);
  return (
    <div class={`cursor${model.isPinned.value ? ' pinned' : ''}`} style={{ left: `${px - 0.5}px` }}>
      <span class={`flag${px < 150 ? ' right' : ''}`}>
        {clock(at, secondDigits(scale))}
        <span>{words}</span>
      </span>
    </div>
  );
}

function Brush({ place }: { place: { current: Element | null } }) {
  const drag = brush.value;
  if (drag === undefined || drag.target !== place.current) return null;
  return (
    <div
      class="brush"
      style={{ left: `${drag.fromPx}px`, width: `${drag.toPx - drag.fromPx}px` }}
    />
  );
}
