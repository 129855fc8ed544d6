/** Marks and bars of lanes: how bars are drawn, and which of them the pointer means. */
import { compact } from '../../../format/number.ts';
import { clock, ms } from '../../../format/time.ts';
import type { Hit } from './context.ts';
import type { Timeline } from './feed.ts';
import { type CountBar, type EventMark, logShare } from './lane-layout.ts';

/** Marks at the very end would lie under the line of death. */
export function besideDeath(px: number, deathPx: number | undefined): number {
  return deathPx !== undefined && Math.abs(px - deathPx) < 8 ? deathPx - 8 : px;
}

/** Draws bars on a common base line, by the logarithm of what they count. */
export function drawBars(
  context: CanvasRenderingContext2D,
  bars: readonly CountBar[],
  { top, height, most }: { top: number; height: number; most: number },
): void {
  for (const { px, widthPx, count } of bars) {
    const high = Math.max(2, logShare(count, most) * height);
    context.fillRect(
      Math.round(px),
      top + height - high,
      Math.max(1, Math.round(widthPx) - 1),
      high,
    );
  }
}

/** The most that any bar counts. */
export function mostOf(bars: readonly CountBar[]): number {
  return bars.reduce((most, { count }) => Math.max(most, count), 1);
}

/** Pixels around a mark in which the pointer means it. */
const reachPx = 6;

/** The mark that the pointer means. */
export function nearest<M extends { px: number }>(
  marks: readonly M[],
  px: number,
  deathPx?: number,
): M | undefined {
  let best: M | undefined;
  let least = reachPx;
  for (const mark of marks) {
    const distance = Math.abs(besideDeath(mark.px, deathPx) - px);
    if (distance <= least) [best, least] = [mark, distance];
  }
  return best;
}

/** An event as something under the pointer. */
export function markHit({ px, atMs, name, message, seq }: EventMark): Hit {
  return { px, atMs, title: name, detail: message, seq };
}

/** What a bar stands for; an event of it that is known can be opened. */
export function barHit(
  bars: readonly CountBar[],
  px: number,
  words: string,
  timeline?: Timeline,
): Hit | undefined {
  const bar = bars.find((each) => px >= each.px - 1 && px <= each.px + each.widthPx + 1);
  if (bar === undefined) return undefined;
  const bucketMs = timeline?.bucket_ms ?? 0;
  const inside = timeline?.marks.filter(({ timestamp }) => {
    const atMs = ms(timestamp);
    return atMs >= bar.fromMs && atMs < bar.fromMs + bucketMs;
  });
  const only = bar.count === 1 && inside?.length === 1 ? inside[0] : undefined;
  if (only !== undefined) {
    return {
      px: bar.px,
      atMs: ms(only.timestamp),
      title: only.name,
      detail: only.message,
      seq: only.seq,
    };
  }
  const title = bar.count === 1 ? `1 ${words.replace(/s$/, '')}` : `${compact(bar.count)} ${words}`;
  return { px: bar.px, atMs: bar.fromMs, title, detail: `from ${clock(bar.fromMs, 1)}` };
}
