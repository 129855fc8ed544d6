/** The dated steps of how a session came to its end, or of where it stands. */
import {
  causeOf,
  type EventRecord,
  type ExceptionFact,
  eventNames,
  humanize,
  type momentKinds,
  type SeriesKey,
  stateText,
  unitOf,
} from '@tacho/protocol';
import type { EventRow, PatchChange, SessionRow, Store } from '../store/store.ts';
import { type Mover, moversOf, moveScoreMin, valuesOf } from './movers.ts';
import { endOf, goneSession, sessionRow } from './session-row.ts';
import { trendOf } from './trend.ts';

/** One step. */
interface Step {
  kind: (typeof momentKinds)[number];
  atUs: number;
  /** One sentence without a full stop. */
  title: string;
  detail: string;
  path?: string;
  revision?: number;
  seq?: number;
  series?: SeriesKey;
}

/** The steps in order of time, and the cause; null while the session is active. */
export interface Moments {
  steps: Step[];
  cause: string | null;
}

/** Before the end, the movers of this long are looked at. */
const windowUs = 60e6;

/** Points of a series in which the start of its trend is looked for. */
const trendPoints = 256;

/** Last revisions that are looked at for the path that changed last. */
const revisionsLooked = 500;

/** Characters of a value or a message. */
const textLength = 200;

/**
 * Puts the steps together; throws `session_not_found`. Without a pinned path, the one that changed
 * last is taken, leaving aside those that more than a quarter of the last 500 revisions changed, if
 * these were more than three.
 */
export async function momentsOf(
  store: Store,
  id: string,
  pin: string | undefined,
  nowUs: number,
): Promise<Moments> {
  const row = await sessionRow(store, id);
  // An event of the very instant of the end is part of it.
  const untilUs = endOf(row, nowUs) + 1;
  const last = { kind: 'last' } as const;
  const [state, trend, signals, failures] = await Promise.all([
    stateStep(store, id, pin, untilUs),
    trendStep(store, id, untilUs),
    store.events({ id, filter: { names: hangNames }, start: last, limit: 10 }),
    store.events({
      ...{ id, filter: { levels: ['error', 'critical'], exception: true } },
      ...{ start: last, limit: 1 },
    }),
  ]);
  if (!signals || !failures) throw goneSession(id);
  const failure = failures.rows[0];
  const cause = causeOf({
    ...{ status: row.status, createdUs: row.createdUs },
    ...(failure && { exception: factOf(failure) }),
  });
  const steps = [
    state,
    trend,
    heartbeatStep(row),
    ...hangSteps(signals.rows),
    failure && exceptionStep(failure),
    cause && deathStep(row, cause.sentence),
  ].filter((step) => step !== undefined && step !== null);
  // Sorting is stable: of one instant, the death comes last.
  steps.sort((a, b) => a.atUs - b.atUs);
  return { steps, cause: cause?.sentence ?? null };
}

const hangNames = [eventNames.hang, eventNames.recover];

async function stateStep(
  store: Store,
  id: string,
  pin: string | undefined,
  toUs: number,
): Promise<Step | undefined> {
  const path = pin ?? (await lastChangedPath(store, id, toUs));
  if (path === undefined) return undefined;
  const page = await store.patches({ id, path, toUs, start: { kind: 'last' }, limit: 1 });
  const found = page?.rows[0];
  return found && stateStepOf(path, found);
}

function stateStepOf(path: string, { atUs, revision, before, after }: PatchChange): Step {
  const title = after === undefined ? `${path} was removed` : `${path} became ${shown(after)}`;
  const detail = before === undefined ? 'It was not there before' : `It was ${shown(before)}`;
  return { kind: 'state', atUs, title, detail, path, revision };
}

async function lastChangedPath(
  store: Store,
  id: string,
  toUs: number,
): Promise<string | undefined> {
  const start = { kind: 'last' } as const;
  const page = await store.patches({ id, toUs, start, limit: revisionsLooked });
  const rows = page?.rows ?? [];
  const counts = new Map<string, number>();
  for (const { changes } of rows) {
    for (const { names } of changes) {
      const path = names.join('.');
      counts.set(path, (counts.get(path) ?? 0) + 1);
    }
  }
  const isRestless = (count: number) => count > 3 && count > rows.length / 4;
  for (const { changes } of rows.reverse()) {
    for (const { names } of changes) {
      const path = names.join('.');
      if (path !== '' && !isRestless(counts.get(path) ?? 0)) return path;
    }
  }
  return undefined;
}

async function trendStep(store: Store, id: string, toUs: number): Promise<Step | undefined> {
  const { movers } = await moversOf(store, { id, fromUs: toUs - windowUs, toUs, limit: 1 });
  const mover = movers[0];
  if (!mover || mover.score < moveScoreMin) return undefined;
  const { name, type, unit, tags } = mover.key;
  const filter = { names: [name], types: [type], unit, tags };
  const query = { id, filter, toUs, points: trendPoints, seriesMax: 100 };
  const found = await store.points({ ...query, rate: mover.isRate, quantiles: [], heatmap: false });
  const points = found?.series.find(({ key }) => key.tags.length === tags.length);
  if (!points) return undefined;
  const times: number[] = [];
  const values: number[] = [];
  for (const [i, value] of valuesOf(points).entries()) {
    if (!Number.isFinite(value)) continue;
    times.push(points.timesUs[i] as number);
    values.push(value);
  }
  const trend = trendOf(times, values);
  if (!trend) return undefined;
  const verb = trend.isJump
    ? { up: 'jumped up', down: 'dropped' }[trend.direction]
    : { up: 'began to rise', down: 'began to fall' }[trend.direction];
  return {
    ...{ kind: 'trend', atUs: times[trend.start] as number },
    ...{ title: `${name} ${verb}`, detail: moveText(mover), series: mover.key },
  };
}

function moveText({ key, isRate, before, after }: Mover): string {
  const unit = unitOf(key.name, key.unit);
  const text = (value: number) => `${humanize(value, unit)}${isRate ? ' per second' : ''}`;
  return `${text(before)} before, ${text(after)} in the last minute`;
}

function heartbeatStep({ status }: SessionRow): Step | undefined {
  const atUs = status.lastHeartbeatUs;
  if (atUs === null) return undefined;
  return { kind: 'heartbeat', atUs, title: 'Last heartbeat', detail: '' };
}

/** The last hang, and the recovery from it. */
function hangSteps(signals: readonly EventRow[]): Step[] {
  const at = signals.findLastIndex(({ event }) => event.name === eventNames.hang);
  const hang = signals[at];
  if (!hang) return [];
  const { atUs, seq, event } = hang;
  const steps: Step[] = [
    { kind: 'hang', atUs, seq, title: 'Declared hung', detail: cut(event.message) },
  ];
  const recovery = signals[at + 1];
  if (recovery) {
    const said = { atUs: recovery.atUs, seq: recovery.seq, detail: cut(recovery.event.message) };
    steps.push({ kind: 'recovery', title: 'Recovered from the hang', ...said });
  }
  return steps;
}

function exceptionStep({ atUs, seq, event }: EventRow): Step {
  const { type, message } = factOf({ atUs, event });
  const title = cut(message === '' ? type : `${type}: ${message}`);
  const { source_function: name = '', source_file: file = '', source_line: line } = event;
  const place = [file, line].filter((part) => part !== undefined && part !== '').join(':');
  const detail = [name, place].filter((part) => part !== '').join(' at ');
  return { kind: 'exception', atUs, seq, title, detail };
}

function deathStep({ status }: SessionRow, sentence: string): Step {
  const detail = status.inferred ? 'Concluded by the server; nobody reported it' : '';
  return { kind: 'death', atUs: status.endedUs ?? status.lastActivityUs, title: sentence, detail };
}

function factOf({ atUs, event }: { atUs: number; event: EventRecord }): ExceptionFact {
  const { exception_type: type = '', exception_msg, message } = event;
  return { type, message: exception_msg ?? message, atUs };
}

function shown(value: Parameters<typeof stateText>[0]): string {
  return cut(typeof value === 'string' ? JSON.stringify(value) : stateText(value));
}

function cut(text: string): string {
  return text.length > textLength ? `${text.slice(0, textLength)}…` : text;
}
