/** Calls between the main thread and the engine's threads: one request, one answer, in order. */
import {
  type MessagePort,
  type TransferListItem,
  Worker,
  type WorkerOptions,
} from 'node:worker_threads';

/** Functions that a thread offers; an answer may name buffers to hand over instead of copying. */
export type Handlers = { [method: string]: (argument: never) => unknown };

/** What a call can carry beside its argument: buffers that change owner. */
export type Transfer = readonly TransferListItem[];

/** An answer together with the buffers that go with it. */
export class Handover<T> {
  readonly value: T;
  readonly transfer: Transfer;
  constructor(value: T, transfer: Transfer) {
    this.value = value;
    this.transfer = transfer;
  }
}

interface Request {
  id: number;
  method: string;
  argument: unknown;
}

/** An error as it crosses threads. */
interface Failure {
  name: string;
  message: string;
  stack: string | undefined;
  errcode: number | undefined;
}

interface Answer {
  id: number;
  value?: unknown;
  error?: Failure;
}

/** The part of a Worker or MessagePort that calls need. */
export interface Channel {
  postMessage(value: unknown, transfer?: Transfer): void;
  on(event: 'message', listener: (value: never) => void): unknown;
}

/** An error raised in another thread; `errcode` is SQLite's extended result code when it was one. */
export class RemoteError extends Error {
  override name = 'RemoteError';
  readonly remoteName: string;
  readonly errcode: number | undefined;
  constructor(failure: Failure) {
    super(failure.message);
    this.remoteName = failure.name;
    this.errcode = failure.errcode;
    if (failure.stack) this.stack = failure.stack;
  }
}

/** The calling end of a channel. */
export class Caller {
  readonly #channel: Channel;
  readonly #waiting = new Map<
    number,
    { resolve: (v: never) => void; reject: (e: Error) => void }
  >();
  #nextId = 1;
  #broken: Error | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      if (!waiting) return;
      this.#waiting.delete(answer.id);
      if (answer.error) waiting.reject(new RemoteError(answer.error));
      else waiting.resolve(answer.value as never);
    });
  }

  /** Calls a handler of the other end. */
  call<T>(method: string, argument?: unknown, transfer: Transfer = []): Promise<T> {
    if (this.#broken) return Promise.reject(this.#broken);
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#channel.postMessage({ id, method, argument } satisfies Request, transfer);
    });
  }

  /** Fails everything under way and everything to come: the other end is gone. */
  fail(error: Error): void {
    this.#broken = error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

/** Answers calls that arrive on a channel. */
export function serve(channel: Channel, handlers: Handlers): void {
  channel.on('message', async ({ id, method, argument }: Request) => {
    try {
      const handler = handlers[method];
      if (!handler) throw new Error(`no handler ${method}`);
      let value = handler(argument as never);
      if (value instanceof Promise) value = await value;
      if (value instanceof Handover)
        channel.postMessage({ id, value: value.value }, value.transfer);
      else channel.postMessage({ id, value } satisfies Answer);
    } catch (error) {
      channel.postMessage({ id, error: failureOf(error) } satisfies Answer);
    }
  });
}

/** A thread of ours and the way to call it. */
export interface Thread {
  caller: Caller;
  /** Hands a port over to the thread's `connect` handler. */
  connect(port: MessagePort): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts `name` (a file beside this one, without extension). From sources the thread loads tsx,
 * which is how tests run without a build.
 */
export function startThread(name: string, data: unknown, onDeath: (error: Error) => void): Thread {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = new URL(`./${name}${isSource ? '.ts' : '.js'}`, import.meta.url);
  const options: WorkerOptions = {
    workerData: data,
    // A small young generation keeps the sum of all threads within the memory target.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  };
  // Conditions and loaders of the process (a test runner's, say) are none of a built file's business.
  const worker = isSource
    ? startFromSource(entry, options)
    : new Worker(entry, { ...options, execArgv: [] });
  const caller = new Caller(worker as unknown as Channel);
  let stopping = false;
  worker.on('error', (error) => {
    caller.fail(error);
    if (!stopping) onDeath(error);
  });
  worker.on('exit', (code) => {
    const error = new Error(`thread ${name} ended with code ${code}`);
    caller.fail(error);
    if (!stopping) onDeath(error);
  });
  return {
    caller,
    connect: (port) => caller.call('connect', port, [port]),
    stop: async () => {
      stopping = true;
      await worker.terminate();
    },
  };
}

/** Node 20 does not apply loaders of the parent to a thread, so the thread registers tsx itself. */
function startFromSource(entry: URL, options: WorkerOptions): Worker {
  const tsx = import.meta.resolve('tsx/esm/api');
  const code = `import(${JSON.stringify(tsx)}).then(({ register }) => {
    register();
    return import(${JSON.stringify(entry.href)});
  });`;
  return new Worker(code, { ...options, eval: true, execArgv: ['--conditions=source'] });
}

function failureOf(error: unknown): Failure {
  const known = error instanceof Error ? error : new Error(String(error));
  return {
    name: known.name,
    message: known.message,
    stack: known.stack,
    errcode: (known as { errcode?: number }).errcode,
  };
}
