/** Orphans: spools whose owners are dead, taken over by a rename and read again. */
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalEntry, parseJson, readLocalBatch, type WireEntry } from '@tacho/protocol';
import { type Checkpoint, MemoryJournal } from '../journal.ts';
import type { Processes } from '../process.ts';
import { Recorder } from '../recorder.ts';
import { isBefore } from './log.ts';
import { isDead, nameOf, type Owner, parseName } from './owner.ts';
import {
  type FoundSpool,
  jsonOf,
  type LogRecord,
  readSpool,
  type StoredCheckpoint,
} from './recovery.ts';

/** A spool that was taken over. */
export interface Orphan {
  spoolId: string;
  directory: string;
  found: FoundSpool;
}

/** What an orphan knew, and what of it is in no batch yet. */
export interface Replayed {
  checkpoint: Checkpoint;
  entries: WireEntry[];
  /** Records that could not be read. */
  damaged: number;
}

/** Takes the spools of dead owners over, oldest first; one that cannot be read stays where it is. */
export function takeOrphans(
  root: string,
  self: Owner,
  {
    processes,
    nowUs,
    warn,
  }: { processes: Pick<Processes, 'look'>; nowUs: () => number; warn: (text: string) => void },
): Orphan[] {
  const taken: Orphan[] = [];
  for (const name of namesIn(root)) {
    const parsed = parseName(name);
    if (parsed === undefined) continue;
    const { spoolId, owner } = parsed;
    try {
      const untouchedMs = nowUs() / 1000 - statSync(join(root, name)).mtimeMs;
      if (!isDead(owner, self, processes, untouchedMs)) continue;
      const directory = join(root, nameOf(spoolId, self));
      renameSync(join(root, name), directory);
      taken.push({ spoolId, directory, found: readSpool(directory) });
    } catch (error) {
      // Another one was quicker, or it cannot be read: then it is tried again.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') warn(`${name}: ${String(error)}`);
    }
  }
  return byAge(taken);
}

/** Applies the log of an orphan again. */
export function replay({ records, taken }: FoundSpool, nowUs: () => number): Replayed {
  const journal = new MemoryJournal();
  const recorder = new Recorder({ journal, nowUs });
  let damaged = 0;
  let isPending = false;
  for (const record of records) {
    if (!isPending && !isBefore(record.at, taken)) {
      recorder.skipPending();
      isPending = true;
    }
    if (!apply(recorder, record, record === records[0] || damaged > 0)) damaged++;
  }
  if (!isPending) recorder.skipPending();
  recorder.cut();
  return { checkpoint: recorder.checkpoint(), entries: journal.cuts.flat(), damaged };
}

/** Removes a spool with all its files. */
export function removeSpool(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch {
    // It is empty, so whoever finds it loses nothing.
  }
}

/** Who absorbed others is younger than they are, whatever the clocks said; it lists them by age. */
function byAge(orphans: readonly Orphan[]): Orphan[] {
  const byId = new Map(orphans.map((orphan) => [orphan.spoolId, orphan]));
  const ordered = new Set<Orphan>();
  const add = (orphan: Orphan) => {
    for (const id of orphan.found.absorbed) {
      const older = byId.get(id);
      if (older !== undefined) ordered.add(older);
    }
    ordered.add(orphan);
  };
  [...orphans]
    .sort((a, b) => (a.spoolId < b.spoolId ? -1 : 1))
    .sort((a, b) => b.found.absorbed.length - a.found.absorbed.length)
    .forEach(add);
  return [...ordered];
}

/** False when the record cannot be read; a checkpoint repeats what the records before it say. */
function apply(recorder: Recorder, record: LogRecord, isStart: boolean): boolean {
  switch (record.kind) {
    case 'checkpoint': {
      const checkpoint = jsonOf<StoredCheckpoint>(record);
      if (checkpoint === undefined) return false;
      if (isStart) recorder.restore(checkpoint);
      return true;
    }
    case 'alias': {
      const alias = jsonOf<{ name: string; id: string }>(record);
      if (alias !== undefined) recorder.foldAlias(alias.name, alias.id);
      return alias !== undefined;
    }
    case 'batch':
    case 'own':
      return applyBatch(recorder, record);
    default:
      return true;
  }
}

function applyBatch(recorder: Recorder, { kind, us, payload }: LogRecord): boolean {
  let batch: { spoolId: string; seq: number; entries: LocalEntry[] };
  try {
    batch = readLocalBatch(parseJson(payload.toString()), us);
  } catch {
    return false;
  }
  const { spoolId: clientId, seq, entries } = batch;
  recorder.fold(entries, us, kind === 'batch' ? { clientId, seq } : undefined);
  return true;
}

function namesIn(root: string): string[] {
  try {
    return readdirSync(root);
  } catch {
    return [];
  }
}
