/** Copies sessions, tokens and webhooks from one store into another, each once however often it is begun anew. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { TachoError } from '@tacho/protocol';
import type { Appended, SessionRow, Store, StoreBatch } from '../../store/store.ts';
import { CommandError } from '../exit.ts';
import { rowHash } from './checksum.ts';
import { inOrder } from './in-order.ts';
import { type Piece, type PieceBounds, pieceBounds, piecesOf } from './pieces.ts';

/** What is copied, and how. */
export interface CopyOptions {
  /** Nothing may be added to it meanwhile. */
  source: Store;
  target: Store;
  /** The clock of this machine, epoch microseconds. */
  clock: () => number;
  /** Also copies what was copied before and deleted since. */
  again?: boolean;
  /** Removes sessions of the target that differ, and copies them anew. */
  replace?: boolean;
  bounds?: PieceBounds;
  /** Told after each batch; a part of a session counts as such. */
  onProgress?: (sessions: number) => void;
  /** First wait before a batch that could not be taken is sent again. */
  waitMs?: number;
}

/** What became of it. */
export interface Copied {
  /** Sessions that were copied from their start, finished where an earlier run broke off, or there already. */
  copied: number;
  finished: number;
  existing: number;
  /** Ids of sessions that the target has, but not as the source does. */
  conflicting: string[];
  /** Ids of sessions that were copied before and are not in the target any more. */
  deleted: string[];
  patches: number;
  events: number;
  samples: number;
  tokens: Kept;
  webhooks: Kept;
}

/** What became of things that are copied whole. */
interface Kept {
  copied: number;
  existing: number;
  conflicting: string[];
}

/** Sessions of which both stores are asked at the same time. */
const lookWidth = 16;

/** Copies everything. Rejects with CommandError when the target stays unable to take it. */
export async function copyStore(options: CopyOptions): Promise<Copied> {
  const { source, target } = options;
  const copier = new Copier(options);
  const rows = inOrder(source.ids(), lookWidth, async (id) => {
    return { row: await rowOf(source, id), there: await rowOf(target, id) };
  });
  for await (const { row, there } of rows) if (row !== undefined) await copier.session(row, there);
  await copier.finish();
  await copyTokens(options, copier.done.tokens);
  await copyWebhooks(options, copier.done.webhooks);
  return copier.done;
}

/** A session without its history; undefined when the store does not have it. */
async function rowOf(store: Store, id: string): Promise<SessionRow | undefined> {
  for await (const part of store.read(id, {})) if (part.kind === 'session') return part.row;
  return undefined;
}

async function copyTokens({ source, target }: CopyOptions, done: Kept): Promise<void> {
  const there = new Map((await target.tokens()).map((token) => [token.id, token]));
  for (const token of await source.tokens()) {
    const { usedUs: _used, ...own } = token;
    const { usedUs: _there, ...other } = there.get(token.id) ?? {};
    if (!there.has(token.id)) {
      await target.addToken(token);
      done.copied += 1;
    } else if (isDeepStrictEqual(own, other)) done.existing += 1;
    else done.conflicting.push(token.id);
  }
}

/** Rules, and how far each was looked after; what was not sent yet is for the source to send. */
async function copyWebhooks({ source, target }: CopyOptions, done: Kept): Promise<void> {
  const there = new Map((await target.webhooks.webhooks()).map((row) => [row.id, row.rule]));
  for (const { progress, ...row } of await source.webhooks.webhooks()) {
    const known = there.get(row.id);
    if (known === undefined) {
      await target.webhooks.putWebhook(row);
      if (progress !== '') await target.webhooks.noteWebhook(row.id, progress);
      done.copied += 1;
    } else if (known === row.rule) done.existing += 1;
    else done.conflicting.push(row.id);
  }
}

/** A session that fits into a batch with others. */
interface Small {
  row: SessionRow;
  piece: Piece;
}

/**
 * Sessions that fit go together, whole: of those the target has all or nothing. A larger one has a
 * spool of its own, whose name and numbers are the same in every run, so what is there counts once.
 */
class Copier {
  readonly done: Copied = {
    ...{ copied: 0, finished: 0, existing: 0, conflicting: [], deleted: [] },
    ...{ patches: 0, events: 0, samples: 0 },
    tokens: { copied: 0, existing: 0, conflicting: [] },
    webhooks: { copied: 0, existing: 0, conflicting: [] },
  };
  readonly #options: CopyOptions;
  readonly #bounds: PieceBounds;
  readonly #salt: string;
  #bundle: Small[] = [];
  #bundled = { rows: 0, bytes: 0 };
  /** The batch that is on its way; while it is, the next one is read. */
  #underWay: Promise<void> = Promise.resolve();
  #sessions = 0;

  constructor(options: CopyOptions) {
    this.#options = options;
    this.#bounds = options.bounds ?? pieceBounds;
    this.#salt = options.again === true ? `${options.clock()} ` : '';
  }

  /** Copies a session, of which the target has `there`. */
  async session(row: SessionRow, there: SessionRow | undefined): Promise<void> {
    const { target, replace } = this.#options;
    if (there === undefined) await this.#copy(row);
    else if (rowHash(there) === rowHash(row)) {
      this.done.existing += 1;
    } else {
      await this.finish();
      if (!(await this.#goOn(row))) {
        if (replace === true) {
          await target.remove(row.id);
          await this.#large(row, await this.#pieces(row), `${this.#options.clock()} `);
        } else this.done.conflicting.push(row.id);
      }
    }
    this.#sessions += 1;
    this.#options.onProgress?.(this.#sessions - this.#bundle.length);
  }

  /** Waits until everything is in the target. */
  async finish(): Promise<void> {
    this.#send();
    await this.#underWay;
  }

  async #copy(row: SessionRow): Promise<void> {
    const pieces = await this.#pieces(row);
    if (pieces.isWhole) {
      const piece = pieces.first;
      if (!this.#hasRoom(piece)) {
        await this.#underWay;
        this.#send();
      }
      this.#bundle.push({ row, piece });
      this.#bundled.rows += rowsOf(piece) + 1;
      this.#bundled.bytes += piece.bytes;
      return;
    }
    await this.finish();
    const outcome = await this.#large(row, pieces, this.#salt);
    if (outcome === 'deleted') this.done.deleted.push(row.id);
    else if (outcome === 'exists') this.done.conflicting.push(row.id);
  }

  /** Finishes a session that an earlier run began; false when that is not what the target has. */
  async #goOn(row: SessionRow): Promise<boolean> {
    const pieces = await this.#pieces(row);
    if (pieces.isWhole) return false;
    const outcome = await this.#large(row, pieces, this.#salt);
    return outcome === 'finished';
  }

  async #pieces(row: SessionRow): Promise<Pieces> {
    const { source, target } = this.#options;
    const session = await target.reserve(row.id);
    const iterator = piecesOf(source, row, session, this.#bounds);
    const first = (await iterator.next()).value as Piece;
    const second = await iterator.next();
    const rest = (async function* () {
      if (second.done) return;
      yield second.value;
      yield* iterator;
    })();
    return { first, rest, isWhole: second.done === true };
  }

  /** Sends a session that needs several batches, one after the other. */
  async #large(
    row: SessionRow,
    { first, rest }: Pieces,
    salt: string,
  ): Promise<'copied' | 'finished' | 'deleted' | 'exists'> {
    const spoolId = spoolIdOf(salt, [row]);
    let seq = 0;
    let stored = 0;
    const said = row.patches + row.events + row.samples;
    let sent = 0;
    const send = async (piece: Piece): Promise<Appended['kind']> => {
      const { kind } = await this.#append(piece, { spoolId, seq: seq++ });
      if (kind === 'stored') stored += 1;
      sent += rowsOf(piece);
      this.#options.onProgress?.(this.#sessions + Math.min(1, sent / said));
      return kind;
    };
    try {
      const begun = await send(first);
      if (begun === 'duplicate' && (await rowOf(this.#options.target, row.id)) === undefined) {
        return 'deleted';
      }
      for await (const piece of rest) await send(piece);
      if (begun === 'stored') this.done.copied += 1;
      else if (stored > 0) this.done.finished += 1;
      return begun === 'stored' ? 'copied' : stored > 0 ? 'finished' : 'exists';
    } catch (error) {
      if (startedIn(error) === undefined) throw error;
      return 'exists';
    }
  }

  #hasRoom(piece: Piece): boolean {
    const { rows, bytes } = this.#bundled;
    return rows + rowsOf(piece) < this.#bounds.rows && bytes + piece.bytes <= this.#bounds.bytes;
  }

  /** Sends the sessions that were gathered; the batch before is there already. */
  #send(): void {
    const bundle = this.#bundle;
    this.#bundle = [];
    this.#bundled = { rows: 0, bytes: 0 };
    if (bundle.length === 0) return;
    const before = this.#underWay;
    this.#underWay = before.then(() => this.#deliver(bundle));
    // Whoever waits for it gets to know.
    this.#underWay.catch(() => {});
  }

  async #deliver(bundle: Small[]): Promise<void> {
    if (bundle.length === 0) return;
    const rows = bundle.map(({ row }) => row);
    const spoolId = spoolIdOf(this.#salt, rows);
    try {
      const { kind } = await this.#append(joined(bundle), { spoolId, seq: 0 });
      if (kind === 'stored') this.done.copied += bundle.length;
      else await this.#lookAfter(rows);
    } catch (error) {
      const started = startedIn(error);
      if (started === undefined) throw error;
      // Somebody started them just now. Nothing of the batch is stored, so the rest is sent again.
      this.done.conflicting.push(...started);
      await this.#deliver(bundle.filter(({ row }) => !started.includes(row.id)));
    }
  }

  /** The target has taken this batch before: what is not there was deleted since. */
  async #lookAfter(rows: readonly SessionRow[]): Promise<void> {
    for (const { id } of rows) {
      const there = await rowOf(this.#options.target, id);
      if (there === undefined) this.done.deleted.push(id);
      else this.done.existing += 1;
    }
  }

  async #append(piece: Piece, once: { spoolId: string; seq: number }): Promise<Appended> {
    const { target, clock, waitMs = 250 } = this.#options;
    const batch: StoreBatch = {
      receivedUs: clock(),
      entries: piece.entries,
      once: { kind: 'spool', ...once },
      replay: true,
    };
    const appended = await patiently(() => target.append(batch), waitMs);
    if (appended.kind === 'stored') {
      this.done.patches += piece.patches;
      this.done.events += piece.events;
      this.done.samples += piece.samples;
    }
    return appended;
  }
}

interface Pieces {
  first: Piece;
  rest: AsyncIterable<Piece>;
  /** The first is all there is. */
  isWhole: boolean;
}

function rowsOf({ patches, events, samples }: Piece): number {
  return patches + events + samples;
}

function joined(bundle: readonly Small[]): Piece {
  const sum = (of: (piece: Piece) => number) => bundle.reduce((n, { piece }) => n + of(piece), 0);
  return {
    entries: bundle.flatMap(({ piece }) => piece.entries),
    patches: sum((piece) => piece.patches),
    events: sum((piece) => piece.events),
    samples: sum((piece) => piece.samples),
    bytes: sum((piece) => piece.bytes),
  };
}

/** The layout of batches; another way of cutting sessions needs another name. */
const layout = 'tacho-migrate-1';

/** A name that the same sessions in the same condition always get, wherever they are read from. */
function spoolIdOf(salt: string, rows: readonly SessionRow[]): string {
  const hash = createHash('sha256').update(`${layout} ${salt}`);
  for (const row of rows) hash.update(`${row.id} ${rowHash(row)}\n`);
  return `migrate:${hash.digest('hex').slice(0, 40)}`;
}

/** The sessions that a replay was refused for, because they exist. */
function startedIn(error: unknown): string[] | undefined {
  if (!(error instanceof TachoError) || error.code !== 'session_exists') return undefined;
  return (error.extra as { sessions: string[] }).sessions;
}

/** Tries of one batch, and the longest wait between two. */
const triesMax = 8;
const waitMaxMs = 30_000;

/** Waits and tries again while the target is busy, full or away for a moment. */
async function patiently<T>(action: () => Promise<T>, firstWaitMs: number): Promise<T> {
  let waitMs = firstWaitMs;
  for (let tries = 1; ; tries++) {
    try {
      return await action();
    } catch (error) {
      const isBusy =
        error instanceof TachoError &&
        ['overloaded', 'disk_full', 'store_unavailable'].includes(error.code);
      if (!isBusy) throw error;
      if (tries === triesMax) {
        throw new CommandError('unavailable', `the target takes nothing: ${error.message}`, {
          cause: error,
        });
      }
    }
    await sleep(Math.min(waitMaxMs, waitMs));
    waitMs *= 2;
  }
}
