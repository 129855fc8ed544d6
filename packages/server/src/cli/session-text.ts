/** A session of a list in words and signs: what `ls`, `show` and others say about it. */
import { humanize, type ReplyOf, routes } from '@tacho/protocol';
import { type Asker, pathOf } from './ask.ts';
import { condense, sparkline } from './blocks.ts';
import { ageText, durationText, type Paint } from './look.ts';
import { type Cell, type Column, harmless } from './text.ts';

/** A page of sessions. */
export type SessionPage = ReplyOf<typeof routes.listSessions>;

/** A session in a list. */
export type SessionRow = SessionPage['sessions'][number];

/** A session with those that ended like it. */
export type SessionSummary = ReplyOf<typeof routes.sessionSummary>;

/** Characters of an id that are shown: as few as the API takes for one. */
export const idLength = 8;

/** A sign and a colour for how a session stands. */
export function signOf(row: SessionRow): Cell & { paint: Paint } {
  if (row.lifecycle === 'active') {
    if (row.liveness === 'hung') return { text: '‖', paint: 'bad' };
    if (row.liveness === 'suspended') return { text: '?', paint: 'warning' };
    return { text: '▶', paint: row.errors > 0 ? 'warning' : 'good' };
  }
  return signs[row.outcome];
}

const signs: Record<SessionRow['outcome'], Cell & { paint: Paint }> = {
  healthy: { text: '✓', paint: 'good' },
  errored: { text: '!', paint: 'warning' },
  abnormal: { text: '?', paint: 'bad' },
  crashed: { text: '✗', paint: 'worst' },
};

/** What the signs mean, for help. */
export const signLegend =
  '▶ runs, ‖ hangs, ✓ ended well, ! ended with errors, ? lost or silent, ✗ crashed';

/** How it ended, or how it is doing. */
export function fateOf(row: SessionRow): string {
  if (row.cause !== null) return row.cause.sentence;
  if (row.liveness === 'hung') return 'hangs';
  if (row.liveness === 'suspended') return 'no heartbeat for too long';
  return 'running';
}

/** Columns of a list of sessions. */
export const sessionColumns: readonly Column[] = [
  { title: '' },
  { title: 'id' },
  { title: 'age', isRight: true, expendable: 3 },
  { title: 'product', shrinksTo: 10 },
  { title: 'machine', shrinksTo: 6, expendable: 6 },
  { title: 'ran', isRight: true, expendable: 4 },
  { title: 'errors', isRight: true, expendable: 5 },
  { title: 'activity', expendable: 7 },
  { title: 'how it went', shrinksTo: 12, expendable: 1 },
];

/** The cells of a session. */
export function sessionCells(row: SessionRow, nowMs: number): Cell[] {
  const sign = signOf(row);
  const hasErrors = row.errors > 0;
  return [
    sign,
    { text: row.id.slice(0, idLength), paint: 'accent' },
    { text: ageText(row.created_at, nowMs) },
    { text: harmless(`${row.product} ${row.version}`) },
    { text: harmless(row.hostname ?? row.machine_id ?? ''), paint: 'faint' },
    { text: durationText(row.duration_ms) },
    { text: hasErrors ? humanize(row.errors) : '', paint: 'warning' },
    { text: activityOf(row), paint: 'accent' },
    { text: harmless(fateOf(row)), paint: row.lifecycle === 'active' ? 'faint' : sign.paint },
  ];
}

/** Blocks of the activity profile. */
const profileBlocks = 16;

/** When it did how much, from start to end. */
export function activityOf({ profile }: SessionRow, blocks = profileBlocks): string {
  if (profile === undefined) return '';
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  // Roots, or one busy moment would flatten all others.
  const values = condense(profile.entries, blocks, sum).map((value) => Math.sqrt(value ?? 0));
  return sparkline(values, { fromZero: true });
}

/** `shop 2.4.0 on till-3`. */
export function nameOf(row: SessionRow): string {
  const machine = row.hostname ?? row.machine_id;
  const name = `${row.product} ${row.version}`;
  return harmless(machine === undefined ? name : `${name} on ${machine}`);
}

/** The session that an id or a beginning of one names, with how many ended like it. */
export async function summaryOf(asker: Asker, id: string): Promise<SessionSummary> {
  const reply = await asker.json(pathOf(routes.sessionSummary.path, { id }));
  return reply as unknown as SessionSummary;
}

/** Its life in epoch milliseconds, from the start to just after the end or to now. */
export function rangeOf(row: SessionRow): { fromMs: number; toMs: number } {
  const fromMs = Date.parse(row.created_at);
  return { fromMs, toMs: fromMs + Math.ceil(row.duration_ms) + 1 };
}
