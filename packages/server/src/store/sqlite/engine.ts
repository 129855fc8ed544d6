/** The engine's threads as callables: the writer at once, the others when first needed. */
import { MessageChannel } from 'node:worker_threads';
import { queryHandlers } from './aggregate/handlers.ts';
import {
  catalogHandlers,
  readerHandlers,
  type SealerOptions,
  sealerHandlers,
  writerHandlers,
} from './handlers.ts';
import type { CatalogOptions } from './index/catalog.ts';
import { type Handlers, Handover, startThread, type Thread, type Transfer } from './thread.ts';
import type { WriterOptions } from './writer.ts';

/** Calls a handler of one of the threads. */
type Call = <T>(method: string, argument?: unknown, transfer?: Transfer) => Promise<T>;

/** The callables of a running engine. */
export interface Engine {
  writer: Call;
  reader: Call;
  sealer: Call;
  catalog: Call;
  /** Long questions. */
  query: Call;
  stop(): Promise<void>;
}

/** What an engine is started with. */
export interface EngineOptions {
  writer: WriterOptions;
  sealer: SealerOptions;
  catalog: CatalogOptions;
  /** Called when a thread ends by itself. */
  onDeath: (error: Error) => void;
}

/** One thread for writing, one for reading, one for sealing, one for the index, one for long questions. */
export function startEngine({ writer, sealer, catalog, onDeath }: EngineOptions): Engine {
  const threads: Thread[] = [];
  const start = (name: string, data: unknown): Thread => {
    const thread = startThread(name, data, onDeath);
    threads.push(thread);
    return thread;
  };
  const writing = start('writer-thread', writer);
  let reading: Thread | undefined;
  let sealing: Thread | undefined;
  let indexing: Thread | undefined;
  let querying: Thread | undefined;
  const connectSealer = (): Thread => {
    const thread = start('sealer-thread', sealer);
    const { port1, port2 } = new MessageChannel();
    // Calls of one channel are answered in order, so `connect` comes before any `run`.
    for (const connected of [thread.connect(port1), writing.connect(port2)]) {
      connected.catch(onDeath);
    }
    return thread;
  };
  return {
    writer: (method, argument, transfer) => writing.caller.call(method, argument, transfer),
    reader: (method, argument) => {
      reading ??= start('reader-thread', { file: writer.file });
      return reading.caller.call(method, argument);
    },
    sealer: (method, argument) => {
      sealing ??= connectSealer();
      return sealing.caller.call(method, argument);
    },
    catalog: (method, argument) => {
      indexing ??= start('catalog-thread', catalog);
      return indexing.caller.call(method, argument);
    },
    query: (method, argument) => {
      querying ??= start('query-thread', { file: writer.file });
      return querying.caller.call(method, argument);
    },
    stop: async () => {
      const others = [reading, sealing, indexing, querying];
      await Promise.allSettled(others.map((thread) => thread?.caller.call('close')));
      await writing.caller.call('close');
      await Promise.all(threads.map((thread) => thread.stop()));
    },
  };
}

/** The same in the calling thread: for tests and tools, where starting threads costs more than it gives. */
export function startLocalEngine({ writer, sealer, catalog }: EngineOptions): Engine {
  const writing = writerHandlers(writer);
  let reading: Handlers | undefined;
  let sealing: Handlers | undefined;
  let indexing: Handlers | undefined;
  let querying: Handlers | undefined;
  const callWriter = local(() => writing);
  const target = {
    slice: (slice: unknown) => callWriter<void>('slice', slice),
    quarantine: (damages: unknown) => callWriter('quarantine', damages),
  };
  return {
    writer: callWriter,
    reader: local(() => {
      reading ??= readerHandlers(writer.file);
      return reading;
    }),
    sealer: local(() => {
      sealing ??= sealerHandlers(sealer, target);
      return sealing;
    }),
    catalog: local(() => {
      indexing ??= catalogHandlers(catalog);
      return indexing;
    }),
    query: local(() => {
      querying ??= queryHandlers(writer.file);
      return querying;
    }),
    stop: async () => {
      for (const handlers of [reading, sealing, indexing, querying])
        handlers?.close?.(undefined as never);
      await callWriter('close');
    },
  };
}

/** A data directory of which nothing is to change: in the calling thread, and everything only when first needed. */
export function startReadOnlyEngine({ file, catalog }: ReadOnlyEngineOptions): Engine {
  let reading: Handlers | undefined;
  let indexing: Handlers | undefined;
  let querying: Handlers | undefined;
  const refuse = () => Promise.reject(new Error('the store is open for reading only'));
  const reader = local(() => {
    reading ??= readerHandlers(file);
    return reading;
  });
  return {
    // Tokens and webhooks are the only things that are asked of the writer.
    writer: (method) => (['tokens', 'webhooks'].includes(method) ? reader(method) : refuse()),
    sealer: refuse,
    reader,
    catalog: local(() => {
      indexing ??= catalogHandlers(catalog());
      return indexing;
    }),
    query: local(() => {
      querying ??= queryHandlers(file);
      return querying;
    }),
    stop: async () => {
      for (const handlers of [reading, indexing, querying]) handlers?.close?.(undefined as never);
    },
  };
}

/** What a reading engine is started with. */
export interface ReadOnlyEngineOptions {
  /** The main database, as SQLite is to open it. */
  file: string;
  catalog: () => CatalogOptions;
}

function local(handlers: () => Handlers): Call {
  return async <T>(method: string, argument?: unknown): Promise<T> => {
    // Answers come in a later turn, as they do from a thread.
    await new Promise((resolve) => setImmediate(resolve));
    const value = await handlers()[method]!(argument as never);
    return (value instanceof Handover ? value.value : value) as T;
  };
}
