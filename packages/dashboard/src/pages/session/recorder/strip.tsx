/** The whole run in one strip: how much went on, sleep, hangs and errors, and the view as a brush to be moved. */
import { useEffect, useRef } from 'preact/hooks';
import { duration, ms } from '../../../format/time.ts';
import { outcomeOfRow, type SessionRow } from '../../../outcome.ts';
import { type SessionModel, useRow, useSession } from '../model.ts';
import { isPhone, useRecorder } from './context.ts';
import type { Timeline } from './feed.ts';
import { Canvas } from './lane.tsx';
import { logShare } from './lane-layout.ts';
import { msAt, pxOf, type Scale } from './scale.ts';

/** Room left and right of the run, in pixels. */
const sidePx = 8;

/** How near to an edge of the brush a press means the edge, in pixels. */
const edgePx = 8;

/** Movement below it is a click, in pixels. */
const clickPx = 4;

/** The strip. */
export function Strip() {
  const model = useSession();
  const { feed } = useRecorder();
  const place = useRef<HTMLDivElement>(null);
  const width = feed.widthPx.value;
  const whole = feed.whole.value;
  const height = isPhone.value ? 48 : 55;
  const { profile } = useRow();
  const [startMs, endMs] = [model.startMs.value, model.endMs.value];
  const scale = runScale(startMs, endMs, width);
  const latest = useRef(scale);
  latest.current = scale;
  useEffect(() => (place.current ? handsOn(place.current, model, latest) : undefined), [model]);
  return (
    <div class="track mini">
      <div class="name">
        <div class="title">Whole run</div>
        <div class="sub">{duration(endMs - startMs)}</div>
      </div>
      <div class="plot" ref={place} data-own-pointer>
        <Canvas
          heightPx={height}
          label={`Activity over the whole run of ${duration(endMs - startMs)}`}
          draw={(context, ink) => whole && drawRun(context, ink, whole, { scale, height, profile })}
        />
        {sleeps(whole).map(({ fromMs, toMs, word }) => {
          const [left, right] = [pxOf(fromMs, scale), pxOf(toMs, scale)];
          return (
            <span
              key={fromMs}
              class="strip-word"
              style={{ left: `${sidePx + (left + right) / 2}px` }}
              hidden={isPhone.value || right - left < 44}
            >
              {word}
            </span>
          );
        })}
        {!model.isLive.value && <Death scale={scale} endMs={endMs} />}
        <View scale={scale} />
      </div>
    </div>
  );
}

function runScale(fromMs: number, toMs: number, width: number): Scale {
  return { fromMs, toMs, widthPx: Math.max(1, width - 2 * sidePx) };
}

function Death({ scale, endMs }: { scale: Scale; endMs: number }) {
  const outcome = outcomeOfRow(useRow());
  const left = `${sidePx + pxOf(endMs, scale) - 1}px`;
  return <div class={`strip-death strip-${outcome}`} style={{ left }} />;
}

/** The stretch in view. */
function View({ scale }: { scale: Scale }) {
  const { feed } = useRecorder();
  const { fromMs, toMs, widthPx } = feed.scale.value;
  const left = Math.max(1, sidePx + pxOf(fromMs, scale));
  const right = Math.min(widthPx - 1, sidePx + pxOf(toMs, scale));
  return (
    <div
      class="strip-view"
      style={{ left: `${left}px`, width: `${Math.max(4, right - left)}px` }}
    />
  );
}

/** Stretches without a sign of life. */
function sleeps(whole: Timeline | undefined): { fromMs: number; toMs: number; word: string }[] {
  return (whole?.status ?? [])
    .filter(({ status }) => status === 'suspended' || status === 'silence')
    .map(({ status, from, to }) => ({
      fromMs: ms(from),
      toMs: ms(to),
      word: status === 'suspended' ? 'asleep' : 'silence',
    }));
}

function drawRun(
  context: CanvasRenderingContext2D,
  ink: (token: string) => string,
  whole: Timeline,
  { scale, height, profile }: { scale: Scale; height: number; profile: SessionRow['profile'] },
): void {
  const base = height - 9;
  const x = (atMs: number): number => sidePx + pxOf(atMs, scale);
  const fromMs = ms(whole.from);
  const bars = (
    counts: ReadonlyMap<number, number>,
    token: string,
    high: number,
    startMs = fromMs,
    bucketMs = whole.bucket_ms,
  ): void => {
    const most = Math.max(1, ...counts.values());
    context.fillStyle = ink(token);
    for (const [bucket, count] of counts) {
      const left = x(startMs + bucket * bucketMs);
      const right = x(startMs + (bucket + 1) * bucketMs);
      const tall = Math.max(2, logShare(count, most) * high);
      context.fillRect(left, base - tall, Math.max(1, right - left - 1), tall);
    }
  };
  const all = new Map<number, number>();
  for (const level of ['debug', 'info', 'warning', 'error', 'critical']) add(all, whole, level);
  whole.state.bucket.forEach((bucket, i) => {
    all.set(bucket, (all.get(bucket) ?? 0) + (whole.state.count[i] ?? 0));
  });
  const errors = new Map<number, number>();
  for (const level of ['error', 'critical']) add(errors, whole, level);
  if (profile === undefined || total(all) > profile.entries.length) {
    bars(all, '--data-quiet', base - 20);
  } else {
    // Who tells metrics alone is busy as well.
    const entries = new Map(
      profile.entries.map((count, i) => [i, count] as const).filter(([, n]) => n > 0),
    );
    bars(entries, '--data-quiet', base - 20, ms(profile.from), profile.bucket_ms);
  }
  bars(errors, '--o-crashed', 10);
  for (const { status, from, to } of whole.status) {
    const [left, right] = [x(ms(from)), x(ms(to))];
    if (status === 'responsive') {
      context.fillStyle = ink('--data-quiet');
      context.fillRect(left, 11, right - left, 2);
    } else if (status === 'hung') {
      context.fillStyle = ink('--o-hung');
      context.fillRect(left, 8, Math.max(3, right - left), 8);
    }
  }
}

function total(counts: ReadonlyMap<number, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function add(counts: Map<number, number>, whole: Timeline, level: string): void {
  const { bucket = [], count = [] } = whole.events[level] ?? {};
  bucket.forEach((each, i) => {
    counts.set(each, (counts.get(each) ?? 0) + (count[i] ?? 0));
  });
}

/** Drag the brush to pan, its edges to zoom; a press elsewhere jumps there, and drags on. */
function handsOn(place: HTMLElement, model: SessionModel, latest: { current: Scale }): () => void {
  let drag: { grip: 'left' | 'right' | 'all'; startPx: number; view: readonly [number, number] };
  let isDown = false;
  let hasMoved = false;
  const pxIn = (event: PointerEvent): number =>
    event.clientX - place.getBoundingClientRect().left - sidePx;
  const gripAt = (px: number): 'left' | 'right' | 'all' | undefined => {
    const [left, right] = model.view.peek().map((at) => pxOf(at, latest.current)) as [
      number,
      number,
    ];
    // Of a brush too narrow for three grips, the middle is what people mean.
    if (right - left > 3 * edgePx) {
      if (Math.abs(px - left) <= edgePx) return 'left';
      if (Math.abs(px - Math.min(right, latest.current.widthPx)) <= edgePx) return 'right';
    }
    return px >= left - edgePx && px <= right + edgePx ? 'all' : undefined;
  };
  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const px = pxIn(event);
    let grip = gripAt(px);
    if (grip === undefined) {
      const [from, to] = model.view.peek();
      const at = msAt(px, latest.current);
      model.setView(at - (to - from) / 2, at + (to - from) / 2, { step: true });
      grip = 'all';
    }
    drag = { grip, startPx: px, view: model.view.peek() };
    [isDown, hasMoved] = [true, false];
    place.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent): void => {
    event.stopPropagation();
    const px = pxIn(event);
    if (!isDown) {
      const grip = gripAt(px);
      place.style.cursor = grip === undefined ? 'pointer' : grip === 'all' ? 'grab' : 'ew-resize';
      return;
    }
    if (Math.abs(px - drag.startPx) >= clickPx) hasMoved = true;
    if (!hasMoved) return;
    const shift = msAt(px, latest.current) - msAt(drag.startPx, latest.current);
    const [from, to] = drag.view;
    if (drag.grip === 'all') model.setView(from + shift, to + shift);
    else if (drag.grip === 'left') model.setView(Math.min(from + shift, to - 20), to);
    else model.setView(from, Math.max(to + shift, from + 20));
  };
  const up = (event: PointerEvent): void => {
    event.stopPropagation();
    isDown = false;
  };
  const keep = (event: Event): void => event.stopPropagation();
  const off = new AbortController();
  const until = { signal: off.signal };
  place.addEventListener('pointerdown', down, until);
  place.addEventListener('pointermove', move, until);
  place.addEventListener('pointerup', up, until);
  place.addEventListener('pointercancel', up, until);
  place.addEventListener('wheel', keep, until);
  place.addEventListener('dblclick', keep, until);
  return () => off.abort();
}
