/** The columns of all sessions, followed change by change: what questions about many sessions are answered from. */
import {
  causeKinds,
  compareTexts,
  compareVersions,
  lifecycles,
  returnedReason,
} from '@tacho/protocol';
import type { Database } from '../database.ts';
import type { Touch } from '../frame.ts';
import { BlockStore, IndexDamage, type Place } from './block-store.ts';
import { Dictionary } from './dictionary.ts';
import { Cursors } from './index-database.ts';
import type { IndexPart } from './index-part.ts';
import { type ChangedSession, type FreshEvent, MainFeed, type Position } from './main-feed.ts';
import { clearRow, conclude, flags, type TextColumn, textColumns } from './session-block.ts';

/** SQL of the columns' tables. */
export const sessionColumnsSchema = `
  CREATE TABLE session_block(no INTEGER PRIMARY KEY, data BLOB NOT NULL);
  CREATE TABLE session_text(
    field TEXT NOT NULL,
    code INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY(field, code)
  ) WITHOUT ROWID;
`;

/** Rows read from the main database at once. */
const pageRows = 4_096;

/** Changed blocks are put into the index this often, and sooner after this many rows. */
const writeIntervalMs = 30_000;
const writeRows = 200_000;

const cursorNames = ['rev', 'gone', 'event', 'journal'] as const;

/** What a follower of an event needs to know of its session. */
export interface FollowedSession {
  /** Events that it has in all, those that are still to be told among them. */
  events: number;
  createdUs: number;
}

/** Gets to know what was taken up beside the columns. */
export interface Follower {
  /** An event of a session that there is. */
  event(event: FreshEvent, session: FollowedSession): void;
  /** What a row of the journal says; rows are told again after a restart while they are there. */
  touch(id: number, touch: Touch): void;
  gone(session: number): void;
  /** Everything that was told is to be put into the index. */
  write(): void;
  /** Everything is told anew from what the index has. */
  forget(): void;
}

/**
 * Columns in memory run ahead of the index; from time to time all changed blocks, new texts and the
 * cursors are put into the index together. After a restart the columns go on from there.
 */
export class SessionColumns implements IndexPart {
  readonly #index: Database;
  readonly #feed: MainFeed;
  readonly #cursors: Cursors;
  readonly #follower: Follower;
  readonly blocks: BlockStore;
  readonly #at: Position = { rev: 0, gone: 0, event: 0, journal: 0 };
  /** The journal is read from its start once, for the follower. */
  #journalRead = 0;
  #dictionaries = newDictionaries();
  #rowsSinceWrite = 0;
  #writtenMs = performance.now();

  constructor(main: Database, index: Database, follower: Follower) {
    this.#index = index;
    this.#feed = new MainFeed(main);
    this.#cursors = new Cursors(index);
    this.#follower = follower;
    this.blocks = new BlockStore(index);
    this.#load();
  }

  /** Texts by their codes. */
  get dictionaries(): Readonly<Record<TextColumn, Dictionary>> {
    return this.#dictionaries;
  }

  /** Events up to this number are counted in. */
  get lastEvent(): number {
    return this.#at.event;
  }

  /** Takes up everything that is new: afterwards the columns are those of this moment. */
  catchUp(): void {
    while (this.#takeUp(pageRows)) {
      // Page after page.
    }
  }

  step(rows: number): boolean {
    const isMore = this.#takeUp(Math.min(rows, pageRows));
    const isDue = performance.now() - this.#writtenMs > writeIntervalMs;
    if (this.#rowsSinceWrite > writeRows || (isDue && this.#rowsSinceWrite > 0)) this.write();
    return isMore;
  }

  /** Puts all that was taken up into the index. */
  write(): void {
    if (this.#rowsSinceWrite === 0) return;
    const insert = this.#index.prepare('INSERT OR IGNORE INTO session_text VALUES(?, ?, ?)');
    const stored = this.#index.prepare(
      'SELECT max(code) AS code FROM session_text WHERE field = ?',
    );
    for (const column of textColumns) {
      const { texts } = this.#dictionaries[column];
      const { code: last } = stored.get(column) as { code: number | null };
      for (let code = (last ?? 0) + 1; code < texts.length; code++) {
        insert.run(column, code, texts[code]!);
      }
    }
    this.blocks.write();
    this.#follower.write();
    for (const name of cursorNames) this.#cursors.set(`session_${name}`, this.#at[name]);
    this.#rowsSinceWrite = 0;
    this.#writtenMs = performance.now();
  }

  forget(): void {
    this.blocks.load();
    this.#follower.forget();
    this.#load();
  }

  #load(): void {
    for (const name of cursorNames) this.#at[name] = this.#cursors.get(`session_${name}`);
    this.#journalRead = 0;
    this.#rowsSinceWrite = 0;
    this.#dictionaries = newDictionaries();
    const texts = this.#index.prepare(
      'SELECT code, text FROM session_text WHERE field = ? ORDER BY code',
    );
    for (const column of textColumns) {
      for (const { code, text } of texts.all(column) as { code: number; text: string }[]) {
        if (this.#dictionaries[column].codeOf(text) !== code) {
          throw new IndexDamage('texts of sessions are damaged');
        }
      }
    }
  }

  /**
   * Takes up at most `rows` rows of each table; true while there may be more. Events come after all
   * sessions of the same moment, so that none of them meets a session that is not there yet.
   */
  #takeUp(rows: number): boolean {
    const at = this.#at;
    const changed = this.#feed.changed(at.rev, rows);
    for (const one of changed) this.#change(one);
    at.rev = changed.at(-1)?.rev ?? at.rev;
    const gone = this.#feed.gone(at.gone, rows);
    for (const { session } of gone) this.#remove(session);
    at.gone = gone.at(-1)?.rev ?? at.gone;
    this.#rowsSinceWrite += changed.length + gone.length;
    if (changed.length === rows || gone.length === rows) return true;

    const events = this.#feed.events(at.event, rows);
    for (const one of events) this.#event(one);
    at.event = events.at(-1)?.id ?? at.event;
    const journal = this.#feed.journal(this.#journalRead, rows);
    for (const { id, touches } of journal) for (const one of touches) this.#touch(id, one);
    this.#journalRead = journal.at(-1)?.id ?? this.#journalRead;
    if (this.#journalRead > at.journal) {
      this.#rowsSinceWrite += 1;
      at.journal = this.#journalRead;
    }
    this.#rowsSinceWrite += events.length;
    return events.length === rows || journal.length === rows;
  }

  #change({ session, status, ...row }: ChangedSession): void {
    const found = this.blocks.find(session) ?? this.#add(session);
    if (!found) return;
    const { block, row: i } = found;
    const orNaN = (us: number | null): number => us ?? Number.NaN;
    block.isDirty = true;
    block.lifecycle[i] = lifecycles.indexOf(status.lifecycle) + 1;
    block.flags[i] =
      (status.inferred ? flags.inferred : 0) |
      (status.reason === returnedReason ? flags.returned : 0);
    block.reported[i] = status.cause ? causeKinds.indexOf(status.cause.kind) + 1 : 0;
    block.endedUs[i] = orNaN(status.endedUs);
    block.activityUs[i] = status.lastActivityUs;
    block.heartbeatUs[i] = orNaN(status.lastHeartbeatUs);
    block.hungSinceUs[i] = orNaN(status.hungSinceUs);
    block.hangs[i] = status.hangs;
    block.updatedUs[i] = row.updatedUs;
    block.skewUs[i] = row.skewUs;
    block.events[i] = row.events;
    block.samples[i] = row.samples;
    block.journalUpto[i] = row.journalUpto;
    conclude(block, i);
  }

  #add(session: number): Place | undefined {
    const start = this.#feed.started(session);
    if (!start) return undefined;
    const place = this.blocks.make(session);
    const { block, row } = place;
    clearRow(block, row);
    block.isDirty = true;
    block.count += 1;
    block.createdUs[row] = start.created_us;
    block.product[row] = this.#dictionaries.product.codeOf(start.product);
    block.version[row] = this.#dictionaries.version.codeOf(start.version);
    block.machine[row] = this.#dictionaries.machine.codeOf(start.machine_id);
    block.hostname[row] = this.#dictionaries.hostname.codeOf(start.hostname);
    return place;
  }

  #remove(session: number): void {
    const found = this.blocks.find(session);
    if (!found) return;
    clearRow(found.block, found.row);
    found.block.count -= 1;
    found.block.isDirty = true;
    this.#follower.gone(session);
  }

  #event(event: FreshEvent): void {
    const found = this.blocks.find(event.session);
    if (!found) return;
    const { block, row } = found;
    if (event.isError) {
      block.isDirty = true;
      block.errors[row]! += 1;
      // Events come in order of arrival, so of equal instants the later arrival wins.
      if (event.hasException && !(event.atUs < block.exceptionUs[row]!)) {
        block.exceptionUs[row] = event.atUs;
        block.exceptionId[row] = event.id;
      }
      conclude(block, row);
    }
    const [events, createdUs] = [block.events[row]!, block.createdUs[row]!];
    this.#follower.event(event, { events, createdUs });
  }

  /** A row of the journal counts once: here, or in the status that was written after it. */
  #touch(id: number, touch: Touch): void {
    this.#follower.touch(id, touch);
    if (id <= this.#at.journal) return;
    const found = this.blocks.find(touch.session);
    if (!found || id <= found.block.journalUpto[found.row]!) return;
    const { block, row } = found;
    block.isDirty = true;
    block.journalUpto[row] = id;
    block.samples[row]! += touch.samples;
    block.updatedUs[row] = Math.max(block.updatedUs[row]!, touch.receivedUs);
    block.activityUs[row] = Math.max(block.activityUs[row]!, touch.receivedUs);
    const { heartbeatUs, skewUs } = touch;
    if (!Number.isNaN(heartbeatUs) && !(heartbeatUs < block.heartbeatUs[row]!)) {
      block.heartbeatUs[row] = heartbeatUs;
    }
    if (!Number.isNaN(skewUs) && !(Math.abs(skewUs) >= Math.abs(block.skewUs[row]!))) {
      block.skewUs[row] = skewUs;
    }
  }
}

function newDictionaries(): Record<TextColumn, Dictionary> {
  return {
    product: new Dictionary(compareTexts),
    version: new Dictionary(compareVersions),
    machine: new Dictionary(compareTexts),
    hostname: new Dictionary(compareTexts),
  };
}
