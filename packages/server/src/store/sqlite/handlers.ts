/** What each of the engine's threads answers; the same tables serve when all run in one thread. */
import type { MessagePort } from 'node:worker_threads';
import type { PointsQuery, ReadParts, SamplesQuery, TokenRow } from '../store.ts';
import { collectGarbage } from './collect.ts';
import type { Group } from './group.ts';
import { historyHandlers } from './history/handlers.ts';
import { planHandlers } from './index/aggregate-plan.ts';
import { Background } from './index/background.ts';
import { Catalog, type CatalogOptions } from './index/catalog.ts';
import { SearchAnswers } from './index/search-answers.ts';
import { SessionAnswers } from './index/session-questions.ts';
import { Reader } from './reader.ts';
import { type SealBounds, Sealer, type SealTarget } from './sealer.ts';
import { SeriesReader } from './series/series-reader.ts';
import type { Slice } from './slice.ts';
import { countHandlers } from './storage/counts.ts';
import { Caller, type Channel, type Handlers, serve } from './thread.ts';
import { WebhookTable, webhookHandlers } from './webhooks.ts';
import { type Damage, Writer, type WriterOptions } from './writer.ts';

/** Opens the writer and returns its answers. */
export function writerHandlers(options: WriterOptions): Handlers {
  const writer = new Writer(options);
  const handlers: Handlers = {
    opened: () => writer.opened(),
    commit: (group: Group) => writer.commit(group),
    slice: (slice: Slice) => writer.slice(slice),
    dropSealed: () => writer.dropSealed(),
    sweep: (page: Parameters<Writer['sweep']>[0]) => writer.sweep(page),
    expire: (rules: Parameters<Writer['expire']>[0]) => writer.expire(rules),
    remove: (id: string) => writer.remove(id),
    deleteStep: () => writer.deleteStep(),
    forget: (keysBeforeUs: number) => writer.forget(keysBeforeUs),
    quarantine: (damages: Damage[]) => writer.quarantine(damages),
    vacuumStep: (pages: number) => writer.vacuumStep(pages),
    checkpoint: (mode: 'PASSIVE' | 'TRUNCATE') => writer.checkpoint(mode),
    tokens: () => writer.tokens.list(),
    addToken: (token: TokenRow) => writer.tokens.add(token),
    removeToken: (id: string) => writer.tokens.remove(id),
    noteTokenUse: (uses: ReadonlyMap<string, number>) => writer.tokens.noteUse(uses),
    ...webhookHandlers(writer.webhooks),
    close: () => writer.close(),
    connect: (port: MessagePort) => serve(port as unknown as Channel, handlers),
  };
  return handlers;
}

/** Opens a reader and returns its answers. */
export function readerHandlers(file: string): Handlers {
  const reader = new Reader(file);
  const history = historyHandlers(file);
  const series = new SeriesReader(reader.source);
  return {
    ...history.handlers,
    find: (idOrPrefix: string) => reader.find(idOrPrefix),
    ids: (after: number) => reader.ids(after),
    spool: (id: string) => reader.spool(id),
    key: (key: string) => reader.key(key),
    tokens: () => reader.tokens(),
    webhooks: () => new WebhookTable(reader.source.db).list(),
    read: (request: { id: string; parts: ReadParts }) => reader.read(request),
    next: (cursor: number) => reader.next(cursor),
    abandon: (cursor: number) => reader.abandon(cursor),
    series: (query: Parameters<SeriesReader['series']>[0]) =>
      reader.answer(() => series.series(query)),
    points: (query: PointsQuery) => reader.answer(() => series.points(query)),
    samples: (query: SamplesQuery) => reader.answer(() => series.samples(query)),
    close: () => {
      reader.close();
      history.close();
    },
  };
}

/** Opens the catalog, which keeps its index up from now on, and returns its answers. */
export function catalogHandlers(options: CatalogOptions): Handlers {
  const catalog = new Catalog(options);
  const background = new Background(() => catalog.step());
  const sessions = new SessionAnswers(catalog, options.suspendedAfterUs);
  const search = new SearchAnswers(catalog, sessions);
  return {
    ...sessions.handlers(),
    ...planHandlers(catalog, sessions),
    ...search.handlers(),
    ...countHandlers(catalog),
    // The call alone starts the thread.
    follow: () => {},
    close: () => {
      background.stop();
      catalog.close();
    },
  };
}

/** What the sealer is started with. */
export interface SealerOptions {
  file: string;
  bounds: SealBounds;
}

/** Opens the sealer and returns its answers; slices go to the port that `connect` brings, or to `target`. */
export function sealerHandlers(options: SealerOptions, target?: SealTarget): Handlers {
  const sealer = new Sealer(options.file, options.bounds);
  let to = target;
  return {
    connect: (port: MessagePort) => {
      const writer = new Caller(port as unknown as Channel);
      to = {
        slice: (slice) => writer.call('slice', slice, buffersOf(slice)),
        quarantine: (damages) => writer.call('quarantine', damages),
      };
    },
    run: async () => {
      if (!to) throw new Error('the sealer is not connected to the writer');
      const hasSealed = await sealer.run(to);
      // In a thread of its own; elsewhere the heap is not ours.
      if (!target && hasSealed) collectGarbage();
      return hasSealed;
    },
    checkpoint: () => sealer.checkpoint(),
    close: () => sealer.close(),
  };
}

/** Encoded columns may be views into larger buffers; only whole ones can change owner. */
function buffersOf(slice: Slice): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const blobs = [...slice.times, ...slice.chunks.flatMap((c) => [c.summary, c.data, c.details])];
  for (const blob of blobs) {
    if (blob?.buffer instanceof ArrayBuffer && blob.byteLength === blob.buffer.byteLength) {
      buffers.add(blob.buffer);
    }
  }
  return [...buffers];
}
