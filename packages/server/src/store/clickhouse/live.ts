/** A session that this server writes to: how it stands, and what is not in the tables yet. */
import { stringifyJson } from '@tacho/protocol';
import { SessionFold, type Standing, type StartFacts, standingOf, startState } from '../fold.ts';
import type { EventRow, PatchRow, SessionHandle } from '../store.ts';
import type { Told } from '../told.ts';
import type { LogRow } from './log-row.ts';
import { keyOfText, keysOf, saidOf, seriesHash, startOf } from './said.ts';

/** A handle that knows which of the sessions with its id it stands for. */
export interface ClickHouseHandle extends SessionHandle {
  /** Deletions of the id before; undefined until the session is known to be there. */
  gen: number | undefined;
}

/** An event with its place in the order in which events of all sessions arrived. */
export type ArrivedEvent = EventRow & { arrived: number };

/** A series with its number in the session and its hash. */
interface NumberedSeries {
  no: number;
  hash: bigint;
  text: string;
}

/** What follows from what was said and has to be written. */
export interface Outcome {
  patches: PatchRow[];
  events: ArrivedEvent[];
  series: NumberedSeries[];
  told: Told[];
  isStateNew: boolean;
}

/** What a session is known by when it is taken up. */
export interface LiveParts {
  id: string;
  gen: number;
  /** Turn of its start. */
  no: number;
  /** Turn of the last thing that was said. */
  turn: number;
  /** Rows of the log that are folded into it. */
  known: number;
  gone: boolean;
  start: Omit<StartFacts, 'state'>;
  startState: string;
  standing: Standing;
  series: NumberedSeries[];
}

/** A session that is being written to. */
export class LiveSession {
  readonly id: string;
  readonly gen: number;
  readonly no: number;
  readonly start: Omit<StartFacts, 'state'>;
  readonly startState: string;
  readonly fold: SessionFold;
  turn: number;
  known: number;
  gone: boolean;
  /** Number of each series that has samples, by hash. */
  readonly series = new Map<bigint, number>();
  outcome = emptyOutcome();
  #arrived = 0;

  constructor(parts: LiveParts) {
    this.id = parts.id;
    this.gen = parts.gen;
    this.no = parts.no;
    this.turn = parts.turn;
    this.known = parts.known;
    this.gone = parts.gone;
    this.start = parts.start;
    this.startState = parts.startState;
    for (const { hash, no } of parts.series) this.series.set(hash, no);
    this.fold = new SessionFold(parts.standing, {
      patch: (row) => {
        this.outcome.patches.push(row);
        this.outcome.isStateNew = true;
      },
      event: (row) => this.outcome.events.push({ ...row, arrived: this.#arrived++ }),
      told: (told) => this.outcome.told.push({ ...told, session: this.id }),
    });
  }

  /** A session that starts with this row of the log. */
  static begin(row: LogRow): LiveSession {
    const start = startOf(row);
    const { state: _, ...facts } = start;
    const standing = standingOf(start, row.receivedUs);
    const live = new LiveSession({
      ...{ id: row.session, gen: row.gen, no: row.turn, turn: row.turn, known: 1, gone: false },
      ...{ start: facts, startState: stringifyJson(startState(start)), standing, series: [] },
    });
    if (!row.replay) live.fold.noteClock(start.atUs, row.receivedUs);
    live.outcome.isStateNew = true;
    return live;
  }

  /** Takes a row of the log; how many events came of it. */
  take(row: LogRow, said = saidOf(row)): number {
    this.known += 1;
    this.turn = Math.max(this.turn, row.turn);
    if (this.gone) return 0;
    const before = this.outcome.events.length;
    this.#arrived = row.turn;
    const { atUs, receivedUs } = row;
    if (row.kind === 'gone') this.gone = true;
    else if (row.kind === 'lost') this.fold.witness({ kind: 'lost', atUs, receivedUs });
    else if (row.kind === 'returned') {
      this.fold.witness({ kind: 'returned', machineId: row.body, atUs, receivedUs });
    } else {
      if (said !== undefined && row.replay) this.fold.replay(said, receivedUs);
      else if (said !== undefined) this.fold.say(said, receivedUs);
      for (const [no, text] of keysOf(row)) this.addSeries(no, text);
    }
    return this.outcome.events.length - before;
  }

  /** Notes a series that has samples now. */
  addSeries(no: number, text: string): void {
    const hash = seriesHash(keyOfText(text));
    const known = this.series.get(hash);
    if (known !== undefined && known <= no) return;
    this.series.set(hash, no);
    this.outcome.series.push({ no, hash, text });
  }

  /** What has to be written since this was asked last. */
  takeOutcome(): Outcome {
    const { outcome } = this;
    this.outcome = emptyOutcome();
    return outcome;
  }
}

/** Folds all rows of one session's log; undefined when nothing started it. */
export function refold(rows: readonly LogRow[]): LiveSession | undefined {
  const voided = new Set<string>();
  for (const { kind, body } of rows) if (kind === 'void') voided.add(body);
  const counting = rows.filter(({ server, batch }) => !voided.has(batchName(server, batch)));
  // What does not count is known nevertheless: the fold that knows more rows is the right one.
  const first = counting.findIndex(({ kind }) => kind === 'start');
  const start = counting[first];
  if (start === undefined) return undefined;
  const live = LiveSession.begin(start);
  for (const row of counting.slice(first + 1)) if (row.kind !== 'void') live.take(row);
  live.known = rows.length;
  live.turn = rows.reduce((last, { turn }) => Math.max(last, turn), 0);
  return live;
}

/** The name of a batch, which a row of kind `void` has as its body. */
export function batchName(server: bigint, batch: number): string {
  return `${server} ${batch}`;
}

function emptyOutcome(): Outcome {
  return { patches: [], events: [], series: [], told: [], isStateNew: false };
}
