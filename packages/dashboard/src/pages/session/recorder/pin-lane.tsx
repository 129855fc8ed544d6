/** The lane of a pinned path of the state: its values as segments. */
import { useAnswer } from '../../../answer.ts';
import { clock } from '../../../format/time.ts';
import { Icon } from '../../../parts/icon.tsx';
import { useSession } from '../model.ts';
import { isPhone, useRecorder } from './context.ts';
import { Lane } from './lane.tsx';
import { pinSegments } from './pin-segments.ts';
import { pxOf } from './scale.ts';

/** Changes of one path that are told at most: the latest ones. */
const changesMax = 1_000;

/** How often the changes of a live session are asked for again, in milliseconds. */
const refreshMs = 5_000;

/** Segments from this width on are blocks, with their value where it can be read. */
const blockPx = 6;
const readablePx = 40;

/** All pinned paths. */
export function PinLanes() {
  const model = useSession();
  return (
    <>
      {model.pins.value.map((path) => (
        <PinLane key={path} path={path} />
      ))}
    </>
  );
}

function PinLane({ path }: { path: string }) {
  const model = useSession();
  const { feed } = useRecorder();
  const answer = useAnswer(
    'listStateHistory',
    { id: model.id, query: { path, order: 'desc', limit: changesMax } },
    model.isLive.value ? { refreshMs } : {},
  );
  const { value: history } = answer;
  const scale = feed.scale.value;
  const height = isPhone.value ? 20 : 27;
  const segments = pinSegments(history?.revisions ?? [], model.startMs.value, model.endMs.value)
    .map((segment) => {
      const left = Math.max(-4, pxOf(segment.fromMs, scale));
      return { ...segment, left, width: Math.min(scale.widthPx, pxOf(segment.toMs, scale)) - left };
    })
    .filter(({ left, width }) => width > 0 && left < scale.widthPx);
  const isQuiet = history !== undefined && history.revisions.length === 0;
  return (
    <Lane
      id={`scene:${path}`}
      name={<span title={path}>{path}</span>}
      count={
        <button
          type="button"
          class="unpin"
          aria-label={`Remove the lane of ${path}`}
          title="Remove this lane"
          onClick={() => model.togglePin(path)}
        >
          <Icon name="pin" size={12} />
        </button>
      }
      heightPx={height}
      label={`${path}: ${segments.map(({ value }) => value).join(', ')}`}
      draw={(context, ink) => {
        context.fillStyle = ink('--data-quiet');
        for (const { left, width } of segments) {
          if (width < blockPx) context.fillRect(left, height / 2 - 9, Math.max(1, width - 1), 18);
        }
      }}
      hitTest={(px) => {
        const found = segments.find(({ left }) => Math.abs(left - px) <= 6);
        if (found?.before === undefined) return undefined;
        return {
          ...{ px: found.left, atMs: found.fromMs },
          ...{ title: `${path}: ${found.before} → ${found.value}`, detail: '' },
        };
      }}
    >
      {isQuiet && <span class="lane-word t3">does not change</span>}
      {answer.error !== undefined && <span class="lane-word t3">{answer.error.message}</span>}
      {segments.map(
        ({ fromMs, left, width, value, before }, i) =>
          width >= blockPx && (
            <span
              key={fromMs}
              class={`pin-block${before === undefined ? '' : ' changed'}`}
              style={{ left: `${left + 1}px`, width: `${width - 1}px` }}
              title={before === undefined ? value : `${before} → ${value}\n${clock(fromMs, 3)}`}
            >
              {/* What it was stands beside the change where its own segment cannot be read. */}
              {before !== undefined && (segments[i - 1]?.width ?? 0) < readablePx && `${before} → `}
              {value}
            </span>
          ),
      )}
    </Lane>
  );
}
