/** Work beside the questions: slice after slice while there is any, then a look now and then. */

/** Pause after everything is done; questions take up what has come meanwhile by themselves. */
const idleMs = 1_000;

/** Pause after a failure, e.g. because the disk is full. */
const retryMs = 5_000;

/** Calls `step` again and again, and lets messages through in between. */
export class Background {
  readonly #step: () => boolean;
  #stop: () => void = () => {};

  /** `step` does a little; true while there is more to do. */
  constructor(step: () => boolean) {
    this.#step = step;
    this.#rest(0);
  }

  /** Nothing happens afterwards. */
  stop(): void {
    this.#stop();
  }

  #run(): void {
    let pauseMs = idleMs;
    try {
      if (this.#step()) {
        this.#goOn();
        return;
      }
    } catch {
      // What fails here fails in the questions too, and those have somebody to tell.
      pauseMs = retryMs;
    }
    this.#rest(pauseMs);
  }

  #goOn(): void {
    const next = setImmediate(() => this.#run());
    this.#stop = () => clearImmediate(next);
  }

  #rest(pauseMs: number): void {
    const timer = setTimeout(() => this.#run(), pauseMs);
    timer.unref();
    this.#stop = () => clearTimeout(timer);
  }
}
