/** What lies under the pointer in a lane, in words beside it. */
import { clock } from '../../../format/time.ts';
import { useRecorder } from './context.ts';

/** Width that a tooltip has at most, in pixels. */
const widthPx = 320;

/** The tooltip of the recorder. */
export function Tooltip({ topPx }: { topPx: { current: number } }) {
  const { feed, hit } = useRecorder();
  const found = hit.value;
  if (found === undefined) return null;
  const isRight = found.px > feed.scale.value.widthPx - widthPx;
  return (
    <div class="tooltip-layer" aria-hidden="true">
      <div
        class={`tooltip${isRight ? ' to-left' : ''}`}
        style={{ left: `${found.px}px`, top: `${topPx.current}px` }}
      >
        <b>{found.title}</b>
        <span class="t3">{clock(found.atMs, 3)}</span>
        {found.detail !== '' && <p>{found.detail}</p>}
      </div>
    </div>
  );
}
