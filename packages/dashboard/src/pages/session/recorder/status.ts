/** How the program was doing, as intervals for the lane and for the washes behind all lanes. */
import { duration, ms } from '../../../format/time.ts';
import { isRunning, type SessionRow } from '../../../outcome.ts';
import type { Timeline } from './feed.ts';

/** An interval of one status. */
export interface StatusSpan {
  status: Timeline['status'][number]['status'];
  fromMs: number;
  toMs: number;
}

/**
 * The intervals of a timeline that lie before the end. A hang begins where the program fell silent,
 * which is known when it was killed for it, not where somebody noticed.
 */
export function statusSpans(timeline: Timeline, row: SessionRow, endMs: number): StatusSpan[] {
  const spans: StatusSpan[] = timeline.status
    .map(({ status, from, to }) => ({ status, fromMs: ms(from), toMs: ms(to) }))
    .filter(({ status }) => status !== 'ended' && status !== 'crashed' && status !== 'lost');
  const last = spans.at(-1);
  const hungMs = row.cause?.hung_ms;
  if (isRunning(row) || hungMs === undefined || last?.status !== 'hung') return spans;
  const since = endMs - hungMs;
  if (Math.abs(last.toMs - endMs) > 1_000 || since >= last.fromMs) return spans;
  const before = spans.slice(0, -1).filter(({ fromMs }) => fromMs < since);
  return [
    ...before.map((span) => ({ ...span, toMs: Math.min(span.toMs, since) })),
    { ...last, fromMs: Math.max(since, ms(timeline.from)) },
  ];
}

/** The words in an interval. */
export function statusWords({ status, fromMs, toMs }: StatusSpan, hasHeartbeats: boolean): string {
  if (status === 'responsive') {
    return hasHeartbeats ? 'responsive' : 'no heartbeat, judged by last activity';
  }
  return `${status} ${duration(toMs - fromMs)}`;
}

/** Why there are no samples between two times, as far as it is known. */
export function gapReason(spans: readonly StatusSpan[], fromMs: number, toMs: number): string {
  const shareOf = (wanted: readonly string[]): number =>
    spans
      .filter(({ status }) => wanted.includes(status))
      .reduce(
        (sum, span) => sum + Math.max(0, Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs)),
        0,
      ) /
    (toMs - fromMs);
  if (shareOf(['suspended', 'silence']) > 0.5) return 'asleep';
  return 'no samples';
}
