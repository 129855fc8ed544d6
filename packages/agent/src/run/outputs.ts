/** Where the output of the command goes: straight to a terminal, or through us, who listen. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { limits } from '@tacho/protocol';
import { Copy } from './copy.ts';
import { makePipes, type Pipe } from './pipe.ts';

/** Name of a stream; `output` is stdout and stderr in one, where both go to the same place. */
export type StreamName = 'stdout' | 'stderr' | 'output';

/** A stream that comes by us. */
interface Line {
  name: StreamName;
  /** Descriptor of ours that it goes to, and those of the command that it comes from. */
  to: number;
  of: number[];
  pipe?: Pipe;
}

/** Listens to a stream, piece by piece. */
export type Hearing = (name: StreamName, piece: Buffer) => void;

/** The streams of a command that is about to run. */
export class Outputs {
  readonly #lines: Line[];
  readonly #hear: Hearing;
  #copies: Copy[] = [];

  /** `isPiped`: also what would go to a terminal comes by us. */
  constructor(isPiped: boolean, hear: Hearing) {
    this.#hear = hear;
    this.#lines = linesOf(isPiped);
    const pipes = makePipes(this.#lines.length);
    for (const [i, line] of this.#lines.entries()) {
      const pipe = pipes?.[i];
      if (pipe !== undefined) line.pipe = pipe;
    }
  }

  /** Streams that come by us. */
  get names(): StreamName[] {
    return this.#lines.map(({ name }) => name);
  }

  /** What the command gets as its stdin, stdout and stderr. */
  stdio(): ('inherit' | 'pipe' | number)[] {
    return [0, 1, 2].map((fd) => {
      const line = this.#lines.find(({ of }) => of.includes(fd));
      return line === undefined ? 'inherit' : (line.pipe?.writeFd ?? 'pipe');
    });
  }

  /** Starts to copy; the command is running. */
  start(child: ChildProcess): void {
    this.#copies = this.#lines.flatMap(({ name, to, of, pipe }) => {
      const hear = (piece: Buffer): void => this.#hear(name, piece);
      if (pipe !== undefined) {
        closeSync(pipe.writeFd);
        const from = new Socket({ fd: pipe.readFd, readable: true, writable: false });
        return [new Copy({ from, readFd: pipe.readFd, to, hear })];
      }
      return of.map((fd) => new Copy({ from: child.stdio[fd] as Socket, to, hear }));
    });
  }

  /** The command did not start. */
  abandon(): void {
    for (const { pipe } of this.#lines) {
      if (pipe === undefined) continue;
      closeSync(pipe.writeFd);
      closeSync(pipe.readFd);
    }
  }

  /** The command has ended: resolves when nothing more is ours to copy. */
  async finish(): Promise<void> {
    await Promise.all(
      this.#copies.map(async (copy) => {
        const isDone = await isSettled(copy.done, limits.runOutputGraceMs);
        if (!isDone && !(await copy.handOver())) await copy.done;
      }),
    );
  }
}

function linesOf(isPiped: boolean): Line[] {
  const passes = (fd: number): boolean => isOpen(fd) && (isPiped || !isatty(fd));
  if (passes(1) && passes(2) && isSamePlace(1, 2)) return [{ name: 'output', to: 1, of: [1, 2] }];
  const lines: Line[] = [];
  if (passes(1)) lines.push({ name: 'stdout', to: 1, of: [1] });
  if (passes(2)) lines.push({ name: 'stderr', to: 2, of: [2] });
  return lines;
}

/** In one pipe, both keep the order in which they were written. */
function isSamePlace(one: number, other: number): boolean {
  const [a, b] = [fstatSync(one), fstatSync(other)];
  // Any terminal in this case, and never /dev/null, whose streams nobody reads in order.
  return (
    a.dev === b.dev && a.ino === b.ino && (a.isFIFO() || a.isFile() || a.isSocket() || isatty(one))
  );
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

/** Whether something is done within that time. */
async function isSettled(what: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const settled = await Promise.race([what.then(() => true), late]);
  clearTimeout(timer);
  return settled;
}
