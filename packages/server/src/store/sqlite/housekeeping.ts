/** What happens beside the commits: sealing, checkpoints, deletions, and giving free space back. */
import { limits } from '@tacho/protocol';
import type { Engine } from './engine.ts';
import type { Committed } from './group.ts';
import type { Opened } from './writer.ts';

/** Bytes of commits after which the write-ahead log is copied into the database. */
const checkpointBytes = 24 * 1024 * 1024;
/** Without a commit for this long the engine is idle. */
const idleMs = 2_000;
/** Pages given back in one step. */
const vacuumPages = 64;
/** Pause before sealing is tried again after it failed, e.g. because the disk is full. */
const retryMs = 2_000;

/** After the start, the index waits this long before it takes up what is new. */
const indexAfterMs = 3_000;

/** How housekeeping is set up. */
export interface HousekeepingOptions {
  /** Samples in the journal that start a seal. */
  sealSamples: number;
  onError: (error: Error, what: string) => void;
  /** Called when commits may go on after they had to wait for sealing. */
  onResume: () => void;
}

/** Decides when to seal, checkpoint and vacuum; one of each at a time. */
export class Housekeeping {
  /** Samples in the journal. */
  unsealed: number;
  readonly #engine: Engine;
  readonly #options: HousekeepingOptions;
  readonly #timer: NodeJS.Timeout;
  #sealing: Promise<void> | undefined;
  #checkpointing: Promise<void> | undefined;
  #idling: Promise<void> | undefined;
  #clearing: Promise<void> | undefined;
  #hasDoomed = false;
  #walBytes = 0;
  #lastCommitMs = 0;
  #lastSealMs = performance.now();
  #retryAtMs = 0;
  #hasJournal: boolean;
  #hasRested = false;
  #isStopped = false;
  readonly #openedMs = performance.now();
  /** Whether there is anything that the index could take up, and whether it does so already. */
  #hasSessions: boolean;
  #isIndexing = false;

  constructor(engine: Engine, opened: Opened, options: HousekeepingOptions) {
    this.#engine = engine;
    this.#options = options;
    this.unsealed = opened.unsealed;
    this.#hasJournal = opened.journalFirst > 0;
    this.#hasSessions = opened.lastSession > 0;
    this.#timer = setInterval(() => this.#tick(), 500);
    this.#timer.unref();
  }

  /** Sealing is so far behind that commits have to wait for it. */
  get isStalled(): boolean {
    return this.unsealed > limits.unsealedSamplesMax;
  }

  /** A group was committed. */
  committed({ unsealed, bytes }: Committed): void {
    this.unsealed = unsealed;
    this.#hasJournal = true;
    this.#hasRested = false;
    this.#lastCommitMs = performance.now();
    this.#hasSessions = true;
    this.#walBytes += bytes;
    if (this.#walBytes > checkpointBytes) this.#checkpoint();
    if (this.unsealed >= this.#options.sealSamples) this.#seal();
  }

  /** Seals everything that is in the journal. */
  async sealAll(): Promise<void> {
    await this.#sealing;
    while (this.#hasJournal) {
      this.#seal();
      await this.#sealing;
      if (this.#retryAtMs > performance.now()) throw new Error('sealing failed');
    }
  }

  /** Deletes the data of sessions that were made invisible; commits get their turn between the steps. */
  clear(): Promise<void> {
    this.#hasDoomed = true;
    this.#hasRested = false;
    this.#clearing ??= this.#deleteSteps().finally(() => {
      this.#clearing = undefined;
    });
    return this.#clearing;
  }

  /** Ends what is under way; nothing starts afterwards. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    const clearing = this.#clearing?.catch(() => {});
    await Promise.all([this.#sealing, this.#checkpointing, this.#idling, clearing]);
  }

  #tick(): void {
    const nowMs = performance.now();
    const isDue = nowMs - this.#lastSealMs > limits.sealAgeMs;
    if (this.#hasJournal && (isDue || this.unsealed >= this.#options.sealSamples)) this.#seal();
    if (this.#hasSessions && nowMs - this.#openedMs > indexAfterMs) this.#startIndex();
    if (nowMs - this.#lastCommitMs > idleMs && !this.#hasRested && !this.#sealing) this.#rest();
  }

  async #deleteSteps(): Promise<void> {
    while (this.#hasDoomed && !this.#isStopped) {
      this.#hasDoomed = false;
      while (!this.#isStopped && (await this.#engine.writer<boolean>('deleteStep'))) {
        // More is left.
      }
    }
  }

  /** From its first call on, the catalog follows by itself. */
  #startIndex(): void {
    if (this.#isIndexing || this.#isStopped) return;
    this.#isIndexing = true;
    this.#engine.catalog('follow').catch((error: Error) => {
      this.#options.onError(error, 'starting the index');
    });
  }

  #seal(): void {
    if (this.#sealing || this.#isStopped || performance.now() < this.#retryAtMs) return;
    // Sealing frees pages, so there will be space to give back.
    this.#hasRested = false;
    this.#sealing = this.#sealRange()
      .catch((error: Error) => {
        this.#options.onError(error, 'sealing');
        this.#retryAtMs = performance.now() + retryMs;
      })
      .finally(() => {
        this.#sealing = undefined;
        this.#lastSealMs = performance.now();
        if (this.#isStopped) return;
        if (!this.isStalled) this.#options.onResume();
        if (this.unsealed >= this.#options.sealSamples) this.#seal();
      });
  }

  async #sealRange(): Promise<void> {
    this.#hasJournal = await this.#engine.sealer<boolean>('run');
    if (!this.#hasJournal) return;
    for (;;) {
      const { unsealed, left } = await this.#engine.writer<{ unsealed: number; left: boolean }>(
        'dropSealed',
      );
      this.unsealed = unsealed;
      this.#walBytes += 64 * 16_384;
      if (!left) break;
      if (this.#walBytes > checkpointBytes) this.#checkpoint();
    }
  }

  /**
   * The sealer's thread copies most of the log while commits go on; what was added meanwhile is
   * little, so that the writer can finish in between two commits and the log starts over.
   */
  #checkpoint(): void {
    if (this.#checkpointing || this.#isStopped) return;
    this.#walBytes = 0;
    this.#checkpointing = this.#engine
      .sealer('checkpoint')
      .then(() => this.#engine.writer('checkpoint', 'PASSIVE'))
      .then(
        () => {},
        (error: Error) => this.#options.onError(error, 'a checkpoint'),
      )
      .finally(() => {
        this.#checkpointing = undefined;
      });
  }

  /** Nothing is going on: free pages and the log's space go back to the file system. */
  #rest(): void {
    if (this.#idling || this.#isStopped) return;
    this.#hasRested = true;
    this.#idling = this.#giveBack()
      .catch((error: Error) => this.#options.onError(error, 'giving space back'))
      .finally(() => {
        this.#idling = undefined;
      });
  }

  async #giveBack(): Promise<void> {
    let before = Number.POSITIVE_INFINITY;
    for (;;) {
      const free = await this.#engine.writer<number>('vacuumStep', vacuumPages);
      // A commit came in between: the space will be used again.
      if (free === 0 || free >= before || !this.#hasRested || this.#isStopped) break;
      before = free;
    }
    if (!this.#isStopped) await this.#engine.writer('checkpoint', 'TRUNCATE');
  }
}
