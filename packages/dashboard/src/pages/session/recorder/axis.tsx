/** The axis: what stretch is in view, in words and in ticks, and the ways to another one. */
import { timeTicks } from '../../../chart/ticks.ts';
import { duration } from '../../../format/time.ts';
import { isPaused } from '../../../live.ts';
import { Icon } from '../../../parts/icon.tsx';
import { Popover } from '../../../parts/popover.tsx';
import { type SessionModel, useSession } from '../model.ts';
import { useRecorder } from './context.ts';
import { OwnPointer } from './own-pointer.tsx';
import { pxOf } from './scale.ts';

const minute = 60_000;

/** Lengths of time before the end that the menu offers. */
const lengths: readonly (readonly [ms: number, label: string])[] = [
  [10_000, 'Last 10 s'],
  [2 * minute, 'Last 2 min'],
  [15 * minute, 'Last 15 min'],
  [60 * minute, 'Last 1 h'],
  [24 * 60 * minute, 'Last 24 h'],
];

/** Room right of the end in such a view, as a share of it. */
const afterShare = 0.1;

/** The row of the axis. */
export function Axis() {
  return (
    <div class="track axis">
      <div class="name">
        <ZoomMenu />
        <Pause />
      </div>
      <div class="plot">
        <Ticks />
      </div>
    </div>
  );
}

function ZoomMenu() {
  const model = useSession();
  const runMs = model.endMs.value - model.startMs.value;
  const offered = lengths.filter(([length]) => length < runMs);
  const choose = (close: () => void, act: () => void) => () => {
    act();
    close();
  };
  return (
    <OwnPointer>
      <Popover
        class="zoom"
        label={`In view: ${viewWords(model)}. Choose another stretch`}
        button={
          <>
            {viewWords(model)}
            <Icon name="down" size={14} />
          </>
        }
      >
        {(close) => (
          <ul class="zoom-list">
            {offered.map(([length, label]) => (
              <li key={length}>
                <button
                  type="button"
                  onClick={choose(close, () => {
                    const end = model.endMs.peek();
                    model.setView(end - length, end + length * afterShare, { step: true });
                  })}
                >
                  {label}
                </button>
              </li>
            ))}
            <li>
              <button type="button" onClick={choose(close, model.showAll)}>
                Whole run <kbd>0</kbd>
              </button>
            </li>
            {model.isLive.value && (
              <li>
                <button type="button" onClick={choose(close, model.resetView)}>
                  Follow the end
                </button>
              </li>
            )}
          </ul>
        )}
      </Popover>
    </OwnPointer>
  );
}

/** The view in words: from the end where it reaches it, else by its length. */
function viewWords(model: SessionModel): string {
  const [from, to] = model.view.value;
  const [start, end] = [model.startMs.value, model.endMs.value];
  if (from <= start + 1 && to >= end - 1) return 'Whole run';
  const known = lengths.find(([length]) => Math.abs(end - from - length) < length * 0.01);
  if (to < end - 1) return duration(to - from);
  return known?.[1] ?? `Last ${duration(end - from)}`;
}

/** Lets everything live stand still, and go on. */
function Pause() {
  const model = useSession();
  if (!model.isLive.value) return null;
  const isStill = isPaused.value;
  const toggle = (): void => {
    isPaused.value = !isStill;
    // A view that follows the end would move on below what stands still.
    if (!isStill && !model.isViewChosen.peek()) model.setView(...model.view.peek());
    else if (isStill) model.resetView();
  };
  return (
    <button
      type="button"
      class="iconbtn pause"
      aria-pressed={isStill}
      aria-label={isStill ? 'Go on live' : 'Pause'}
      title={isStill ? 'Go on live' : 'Pause'}
      onClick={toggle}
    >
      <Icon name={isStill ? 'play' : 'pause'} size={14} />
    </button>
  );
}

function Ticks() {
  const model = useSession();
  const { feed } = useRecorder();
  const scale = feed.scale.value;
  if (scale.widthPx === 0) return null;
  const cursor = pxOf(model.cursorMs.value, scale);
  const flag = cursor < 150 ? [cursor - 8, cursor + 150] : [cursor - 156, cursor + 8];
  const death = pxOf(model.endMs.value, scale);
  const isCovered = (px: number): boolean =>
    (px > (flag[0] as number) - 24 && px < (flag[1] as number) + 24) ||
    (!model.isLive.value && px > death - 28 && px < death + 84);
  return (
    <>
      {timeTicks(scale.fromMs, scale.toMs, scale.widthPx).map(({ value, text }) => {
        const px = pxOf(value, scale);
        if (px < 28 || px > scale.widthPx - 28) return null;
        return (
          <span
            key={value}
            class="axis-tick"
            style={{ left: `${px}px`, visibility: isCovered(px) ? 'hidden' : 'visible' }}
          >
            {text}
          </span>
        );
      })}
    </>
  );
}
