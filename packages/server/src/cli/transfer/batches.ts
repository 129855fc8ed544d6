/** Batches of a replay: lines gathered so that each can be sent again and again, and counts once. */
import { createHash } from 'node:crypto';

/** One entry of a replay as text, with where it came from. */
export interface Line {
  session: string;
  text: string;
  /** Line of the source, from 1. */
  line: number;
}

/** What is sent at once: whole sessions, or a part of one. */
export interface Batch {
  /** Made from the lines, so that the same lines make the same batch whenever they are read again. */
  spoolId: string;
  lines: Line[];
}

/** Bounds of a batch. */
interface BatchBounds {
  /** Characters; well below what a request may have, for the server's memory. */
  length: number;
  lines: number;
}

/** Large enough that requests cost nothing beside what they carry. */
const batchBounds: BatchBounds = { length: 3 * 1024 * 1024, lines: 50_000 };

/**
 * Gathers lines into batches. Sessions that fit go together, whole, so that what is refused of a
 * batch is refused whole; a session larger than a batch has batches of its own, in order, after what
 * came before it. `salt` makes other batches of the same lines.
 */
export async function* batchesOf(
  lines: AsyncIterable<Line>,
  salt: string,
  bounds = batchBounds,
): AsyncGenerator<Batch> {
  let bundle = new Gathered();
  let session = new Gathered();
  /** Batches that the session at hand has already. */
  let parts = 0;
  const seal = ({ lines: sealed }: Gathered, part: number): Batch => ({
    spoolId: spoolIdOf(sealed, `${salt}${part}`),
    lines: sealed,
  });
  for await (const line of lines) {
    if (session.id !== undefined && session.id !== line.session) {
      if (parts > 0) yield seal(session, parts);
      else if (!bundle.takes(session, bounds)) {
        yield seal(bundle, 0);
        bundle = session;
      }
      session = new Gathered();
      parts = 0;
    }
    if (session.lines.length > 0 && !session.hasRoom(line, bounds)) {
      if (parts === 0 && bundle.lines.length > 0) {
        yield seal(bundle, 0);
        bundle = new Gathered();
      }
      yield seal(session, parts++);
      session = new Gathered();
    }
    session.add(line);
  }
  if (parts === 0 && bundle.takes(session, bounds)) session = new Gathered();
  if (bundle.lines.length > 0) yield seal(bundle, 0);
  if (session.lines.length > 0) yield seal(session, parts);
}

/** The body of the request: its entries are the lines as they are. */
export function bodyOf({ spoolId, lines }: Batch): string {
  const entries = lines.map(({ text }) => text).join(',');
  return `{"spoolId":${JSON.stringify(spoolId)},"seq":1,"entries":[${entries}]}`;
}

class Gathered {
  lines: Line[] = [];
  #length = 0;

  /** Session of the last line. */
  get id(): string | undefined {
    return this.lines.at(-1)?.session;
  }

  hasRoom(line: Line, bounds: BatchBounds): boolean {
    return this.#length + line.text.length <= bounds.length && this.lines.length < bounds.lines;
  }

  add(line: Line): void {
    this.lines.push(line);
    this.#length += line.text.length;
  }

  /** Takes all lines of another one if they fit. */
  takes(other: Gathered, bounds: BatchBounds): boolean {
    const fits =
      this.lines.length === 0 ||
      (this.#length + other.#length <= bounds.length &&
        this.lines.length + other.lines.length <= bounds.lines);
    if (fits) for (const line of other.lines) this.add(line);
    return fits;
  }
}

function spoolIdOf(lines: readonly Line[], salt: string): string {
  const hash = createHash('sha256').update(salt);
  for (const { text } of lines) hash.update('\n').update(text);
  return `import:${hash.digest('hex').slice(0, 40)}`;
}
