/** The recorder: lanes and charts on one axis with one cursor. */
import { computed, signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { useGestures } from '../../../chart/gestures.ts';
import { ms } from '../../../format/time.ts';
import { Failure } from '../../../parts/waiting.tsx';
import { type SessionModel, useSession } from '../model.ts';
import { Axis } from './axis.tsx';
import { ChartList } from './charts.tsx';
import { isPhone, type RecorderParts, useRecorder } from './context.ts';
import { ExceptionsLane } from './exceptions-lane.tsx';
import { openFeed } from './feed.ts';
import { openEvent, useRecorderKeys } from './keys.ts';
import { EventsLane, StateLane } from './lanes.tsx';
import { Over, Under } from './layers.tsx';
import { Picker } from './picker.tsx';
import { PinLanes } from './pin-lane.tsx';
import { snapped } from './scale.ts';
import { Spoken } from './spoken.tsx';
import { statusSpans } from './status.ts';
import { StatusLane } from './status-lane.tsx';
import { Strip } from './strip.tsx';
import { Tooltip } from './tooltip.tsx';
import './recorder.css';

/** The least width of plots, in pixels. */
const widthMin = 50;

/** How far the view may reach beyond the run, as a share of it. */
const beyondShare = 0.1;

/** The part of the page. */
export function Recorder() {
  const model = useSession();
  const parts = useRecorder();
  const { feed } = parts;
  const place = useRef<HTMLElement>(null);
  const hitTopPx = useRef(0);
  useWidth(place, parts);
  useHands(place, parts, model, hitTopPx);
  useRecorderKeys(model, feed);
  return (
    <section
      class="tracks"
      ref={place}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys of the cursor work from here.
      tabIndex={0}
      aria-label="Time cursor: arrow keys move it, G D goes to the death"
    >
      <Under />
      <Strip />
      <Axis />
      <StatusLane />
      <PinLanes />
      <StateLane />
      <EventsLane />
      <ExceptionsLane />
      <Problem parts={parts} />
      <ChartList />
      <Picker />
      <Over place={place} />
      <Tooltip topPx={hitTopPx} />
      <Spoken />
    </section>
  );
}

function Problem({ parts: { feed } }: { parts: RecorderParts }) {
  const error = feed.error.value;
  return error === undefined ? null : <Failure answer={{ error, retry: feed.retry }} />;
}

/** Opens what the parts of the recorder share; its feed is to be closed. */
export function openParts(model: SessionModel): RecorderParts {
  const feed = openFeed(model);
  return {
    feed,
    hitTests: new Map(),
    hit: signal(undefined),
    raised: signal(undefined),
    spans: computed(() => {
      const timeline = feed.timeline.value;
      const row = model.summary.value?.session;
      return timeline && row ? statusSpans(timeline, row, model.endMs.value) : [];
    }),
  };
}

/** Follows the width of the plots. */
function useWidth(place: { current: HTMLElement | null }, { feed }: RecorderParts): void {
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const measure = (): void => {
      const width = element.clientWidth - gutterOf(element);
      // Narrower it is being laid out, not shown.
      if (width >= widthMin) feed.widthPx.value = width;
    };
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [place, feed]);
}

/** Width of the names left of the plots, in pixels. */
function gutterOf(element: Element): number {
  return Number.parseFloat(getComputedStyle(element).getPropertyValue('--gutter')) || 0;
}

/** Lets hands move the cursor and the view, and open what lies under the pointer. */
function useHands(
  place: { current: HTMLElement | null },
  parts: RecorderParts,
  model: SessionModel,
  hitTopPx: { current: number },
): void {
  const { feed, hit, hitTests } = parts;
  const changes = useMemo(
    () =>
      computed(() => feed.timeline.value?.state_marks.map(({ timestamp }) => ms(timestamp)) ?? []),
    [feed],
  );
  const snap = (atMs: number): number => snapped(atMs, changes.peek(), feed.scale.peek());
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    // Before the gestures hear of it, so that they know what was pressed.
    const look = (event: PointerEvent): void => {
      const lane = (event.target as Element).closest<HTMLElement>('[data-lane]');
      const plot = lane?.querySelector('.lane-body');
      const box = plot?.getBoundingClientRect();
      const test = hitTests.get(lane?.dataset.lane ?? '');
      if (!box || !lane) {
        hit.value = undefined;
        return;
      }
      hit.value = test?.(event.clientX - box.left, event.clientY - box.top);
      hitTopPx.current = lane.offsetTop + lane.offsetHeight;
    };
    const leave = (): void => {
      hit.value = undefined;
    };
    element.addEventListener('pointermove', look, true);
    element.addEventListener('pointerdown', look, true);
    element.addEventListener('pointerleave', leave);
    return () => {
      element.removeEventListener('pointermove', look, true);
      element.removeEventListener('pointerdown', look, true);
      element.removeEventListener('pointerleave', leave);
    };
  }, [place, hit, hitTests, hitTopPx]);
  useGestures(place as { current: HTMLElement }, {
    view: () => model.view.peek(),
    limits: () => {
      const [start, end] = [model.startMs.peek(), model.endMs.peek()];
      const beyond = (end - start) * beyondShare;
      return [start - beyond, end + beyond];
    },
    plot: () => {
      const width = place.current?.clientWidth ?? 0;
      return [isPhone.peek() ? 0 : width - feed.widthPx.peek(), width];
    },
    onView: (fromMs, toMs, step) => model.setView(fromMs, toMs, { step }),
    onCursor: (atMs) => {
      if (atMs !== undefined && !model.isPinned.peek()) model.setCursor(snap(atMs));
    },
    onPin: (atMs) => {
      const found = hit.peek();
      model.setCursor(found?.atMs ?? snap(atMs), { pin: true });
      if (found?.seq !== undefined) openEvent(found.seq);
    },
    onReset: () => model.resetView(),
  });
}
