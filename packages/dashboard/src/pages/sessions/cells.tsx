/** What stands in a cell of the list. */
import type { ComponentChildren } from 'preact';
import { count, countOrDot } from '../../format/number.ts';
import { ago, clock, dayOf, duration, full, hourMinute, ms, now } from '../../format/time.ts';
import { isRunning, type SessionRow, type ShownOutcome } from '../../outcome.ts';
import { Activity } from '../../parts/activity.tsx';
import { causeWords } from './cause-words.ts';
import type { ColumnName } from './columns.ts';

/** The content of one cell; the session itself is drawn by its row. */
export function cellOf(
  name: ColumnName,
  row: SessionRow,
  outcome: ShownOutcome,
): ComponentChildren {
  switch (name) {
    case 'machine':
      return <span title={row.machine_id}>{row.machine_id ?? row.hostname}</span>;
    case 'host':
      return <span title={row.hostname}>{row.hostname}</span>;
    case 'started':
      return <Instant at={row.created_at} />;
    case 'updated':
      return <Instant at={row.updated_at} />;
    case 'duration':
      return <Lasted row={row} />;
    case 'cause':
      return <CauseText row={row} outcome={outcome} />;
    case 'events':
      return countOrDot(row.events);
    case 'errors':
      return row.errors === 0 ? '·' : <span class="ink-crashed">{count(row.errors)}</span>;
    case 'samples':
      return countOrDot(row.samples);
    case 'hangs':
      return row.hangs === 0 ? '·' : <span class="ink-hung">{count(row.hangs)}</span>;
    case 'activity':
      return <Activity row={row} outcome={outcome} />;
    default:
      return <span class="mono">{row.id.slice(0, 8)}</span>;
  }
}

/** How it ended, or how it is doing. */
export function CauseText({ row, outcome }: { row: SessionRow; outcome: ShownOutcome }) {
  const nowMs = isRunning(row) ? now.value : 0;
  const { strong, rest } = causeWords(row, outcome, nowMs);
  return (
    <span title={row.cause?.sentence}>
      {strong !== '' && <b class={`ink-${outcome}`}>{strong}</b>}
      {strong !== '' && rest !== '' && ' '}
      {rest !== '' && <span class={strong === '' ? '' : 'more'}>{rest}</span>}
    </span>
  );
}

/** How long a session lasted, or has lasted so far. */
export function Lasted({ row }: { row: SessionRow }) {
  const lengthMs = isRunning(row) ? Math.max(0, now.value - ms(row.created_at)) : row.duration_ms;
  return <>{duration(lengthMs)}</>;
}

function Instant({ at }: { at: string }) {
  const atMs = ms(at);
  const day = dayOf(atMs, now.value);
  return (
    <time dateTime={at} title={full(atMs)}>
      {day === 'Today' ? clock(atMs) : `${day} ${hourMinute(atMs)}`}
      <span class="ago">{ago(atMs)}</span>
    </time>
  );
}
