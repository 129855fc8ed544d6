/** Batches: entries written as the bodies that a server takes, of bounded size, compressed. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { batchText, entryText, limits, type WireEntry } from '@tacho/protocol';
import type { Position } from './log.ts';

/** What is known of a batch without reading it. */
export interface BatchHead {
  seq: number;
  /** Number of its entries. */
  entries: number;
  /** Ids. */
  sessions: string[];
  /** It holds the end of a session. */
  terminal: boolean;
  /** Up to where in the log its entries were taken. */
  at: Position;
  /** It is the last one of those made at once. */
  last: boolean;
}

/** A batch with its body as gzip. */
export interface MadeBatch {
  head: BatchHead;
  body: Buffer;
}

/** Makes batches of entries, in order; lets others have their turn every few milliseconds. */
export async function makeBatches(
  entries: readonly WireEntry[],
  { spoolId, firstSeq, at }: { spoolId: string; firstSeq: number; at: Position },
): Promise<MadeBatch[]> {
  const made: MadeBatch[] = [];
  for (let from = 0; from < entries.length; ) {
    const seq = firstSeq + made.length;
    const { texts, to } = await textsFrom(entries, from);
    const text = batchText(spoolId, seq, texts);
    const part = entries.slice(from, to);
    const head: BatchHead = {
      seq,
      entries: part.length,
      sessions: [...new Set(part.map(({ session }) => session))],
      terminal: part.some(({ kind }) => kind === 'end' || kind === 'crash'),
      at,
      last: to === entries.length,
    };
    made.push({ head, body: await compress(Buffer.from(text), { level: 1 }) });
    from = to;
  }
  return made;
}

const compress = promisify<Buffer, { level: number }, Buffer>(gzip);

/** Text after which others have their turn, in characters. */
const turnLength = 128 * 1024;

/** As many entries as fit into one batch, at least one. */
async function textsFrom(
  entries: readonly WireEntry[],
  from: number,
): Promise<{ texts: string[]; to: number }> {
  const texts: string[] = [];
  let length = 0;
  let samples = 0;
  let turn = 0;
  let to = from;
  for (; to < entries.length && texts.length < limits.ingestEntriesMax; to++) {
    const entry = entries[to] as WireEntry;
    const text = entryText(entry);
    samples += samplesOf(entry);
    const fits =
      length + text.length <= limits.agentBatchBytesMax && samples <= limits.ingestSamplesMax;
    if (to > from && !fits) break;
    texts.push(text);
    length += text.length;
    turn += text.length;
    if (turn > turnLength) {
      turn = 0;
      await nextTurn();
    }
  }
  return { texts, to };
}

function samplesOf(entry: WireEntry): number {
  if (entry.kind === 'columns') return entry.timesUs.length * entry.series.length;
  return entry.kind === 'metric' ? 1 : 0;
}
