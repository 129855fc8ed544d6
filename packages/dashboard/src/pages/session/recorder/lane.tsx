/** A lane: its name in the gutter, its marks on a canvas, words over them. */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { type HitTest, inks, useRecorder } from './context.ts';

/** Draws on a canvas whose unit is the pixel of the page. */
export type Draw = (
  context: CanvasRenderingContext2D,
  ink: (token: string) => string,
  widthPx: number,
) => void;

/** A lane across all of the width. */
export function Lane({
  id,
  name,
  count,
  heightPx,
  label,
  draw,
  hitTest,
  children,
}: {
  /** Class and name of the lane: `status`, `events`. */
  id: string;
  name: ComponentChildren;
  count?: ComponentChildren;
  heightPx: number;
  /** What it shows, for those who hear the page. */
  label: string;
  draw: Draw;
  hitTest?: HitTest;
  /** Words over the marks. */
  children?: ComponentChildren;
}) {
  const { hitTests } = useRecorder();
  const kind = id.split(':')[0];
  useEffect(() => {
    if (hitTest !== undefined) hitTests.set(id, hitTest);
  });
  useEffect(() => () => void hitTests.delete(id), [id, hitTests]);
  return (
    <div class={`track ${kind}`} data-lane={id}>
      <div class="name">
        <span class="clip">{name}</span>
        {count !== undefined && <span class="count">{count}</span>}
      </div>
      <div class="plot">
        <div class="lane-body">
          <Canvas heightPx={heightPx} draw={draw} label={label} />
          {children}
        </div>
      </div>
    </div>
  );
}

/** A canvas as wide as the plots, sharp on every screen. */
export function Canvas({ heightPx, draw, label }: { heightPx: number; draw: Draw; label: string }) {
  const place = useRef<HTMLCanvasElement>(null);
  const { feed } = useRecorder();
  const width = feed.widthPx.value;
  const ink = inks.value;
  useLayoutEffect(() => {
    const canvas = place.current;
    const context = canvas?.getContext('2d');
    if (!canvas || !context || width === 0) return;
    const ratio = devicePixelRatio;
    const [wide, high] = [Math.round(width * ratio), Math.round(heightPx * ratio)];
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, heightPx);
    draw(context, ink, width);
  });
  return (
    <canvas
      ref={place}
      class="lane-canvas"
      role="img"
      aria-label={label}
      style={{ height: `${heightPx}px` }}
    />
  );
}

/** A diamond, a triangle or an octagon with a cross, as the glyphs of levels are. */
export function drawMark(
  context: CanvasRenderingContext2D,
  ink: (token: string) => string,
  [px, py]: readonly [number, number],
  level: string,
): void {
  context.beginPath();
  if (level === 'warning') {
    context.moveTo(px, py - 4.5);
    context.lineTo(px + 4, py + 3);
    context.lineTo(px - 4, py + 3);
    context.fillStyle = ink('--o-hung');
  } else if (level === 'critical') {
    octagon(context, px, py, 6);
    context.fillStyle = ink('--o-crashed');
  } else if (level === 'error') {
    context.moveTo(px, py - 4.5);
    context.lineTo(px + 4.5, py);
    context.lineTo(px, py + 4.5);
    context.lineTo(px - 4.5, py);
    context.fillStyle = ink('--o-crashed');
  } else {
    context.arc(px, py, 2, 0, 7);
    context.fillStyle = ink('--data-quiet');
  }
  context.closePath();
  context.fill();
  if (level !== 'critical') return;
  context.beginPath();
  for (const [x, y] of [
    [-1, -1],
    [1, -1],
  ] as const) {
    context.moveTo(px + x * 2.2, py + y * 2.2);
    context.lineTo(px - x * 2.2, py - y * 2.2);
  }
  context.lineWidth = 1.5;
  context.lineCap = 'round';
  context.strokeStyle = ink('--surface');
  context.stroke();
}

function octagon(context: CanvasRenderingContext2D, px: number, py: number, radius: number): void {
  const cut = radius * 0.42;
  const corners = [
    ...[
      [-cut, -radius],
      [cut, -radius],
      [radius, -cut],
      [radius, cut],
    ],
    ...[
      [cut, radius],
      [-cut, radius],
      [-radius, cut],
      [-radius, -cut],
    ],
  ] as const;
  corners.forEach(([x = 0, y = 0], i) => {
    if (i === 0) context.moveTo(px + x, py + y);
    else context.lineTo(px + x, py + y);
  });
}
