/** Profiles of activity: read from events, patches, chunks and journal, within bounds however much a session has. */
import type { SessionStatus } from '@tacho/protocol';
import { emptyProfile, profileBucket } from '../../profile.ts';
import type { SessionProfile } from '../../store.ts';
import type { Database, Statement } from '../database.ts';
import { type Activity, plainEventsMax, type UnsealedSamples } from './activity.ts';
import { isErrorLevel, isHangName } from './main-feed.ts';

/** What a profile is read for. */
export interface ProfiledSession {
  session: number;
  createdUs: number;
  status: SessionStatus;
  patches: number;
  events: number;
  samples: number;
}

/** Profiles kept in memory: about 6 MB. */
const keptMax = 4_096;

/** Patches looked at; of more, every so-manieth. */
const patchesMax = 256;

/** Chunks looked at; of more, some of some series. */
const chunksMax = 512;
const sampledSeries = 64;
const sampledChunks = 8;

/** Reads profiles, and keeps those that have not changed. */
export class Profiles {
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #activity: Activity;
  readonly #kept = new Map<number, { stamp: string; profile: SessionProfile }>();

  constructor(main: Database, activity: Activity) {
    this.#sql = prepareAll(main);
    this.#activity = activity;
  }

  /** Profiles in the order of the sessions. */
  read(sessions: readonly ProfiledSession[]): SessionProfile[] {
    const stale = sessions.filter((one) => this.#kept.get(one.session)?.stamp !== stampOf(one));
    const unsealed =
      stale.length === 0
        ? new Map<number, UnsealedSamples[]>()
        : this.#activity.unsealed(stale.map(({ session }) => session));
    const fresh = new Map(
      stale.map((one) => [one.session, this.#read(one, unsealed.get(one.session) ?? [])]),
    );
    const profiles = sessions.map(
      ({ session }) => fresh.get(session) ?? this.#kept.get(session)!.profile,
    );
    for (const one of stale) this.#keep(one, fresh.get(one.session)!);
    return profiles;
  }

  #keep(one: ProfiledSession, profile: SessionProfile): void {
    this.#kept.delete(one.session);
    this.#kept.set(one.session, { stamp: stampOf(one), profile });
    for (const session of this.#kept.keys()) {
      if (this.#kept.size <= keptMax) break;
      this.#kept.delete(session);
    }
  }

  #read(one: ProfiledSession, unsealed: readonly UnsealedSamples[]): SessionProfile {
    const profile = emptyProfile(one.createdUs, one.status);
    this.#addEvents(profile, one);
    this.#addPatches(profile, one);
    let sealed = one.samples;
    for (const { receivedUs, samples } of unsealed) {
      profile.entries[profileBucket(profile, receivedUs)]! += samples;
      sealed -= samples;
    }
    if (sealed > 0) this.#addSealed(profile, one.session, sealed);
    return profile;
  }

  #addEvents(profile: SessionProfile, { session, events }: ProfiledSession): void {
    if (events === 0) return;
    const density = events > plainEventsMax ? this.#activity.density(session) : undefined;
    if (density) {
      for (const bin of density) {
        const bucket = profileBucket(profile, bin.atUs);
        profile.entries[bucket]! += bin.events;
        profile.errors[bucket]! += bin.errors;
        profile.hangs[bucket]! += bin.hangs;
      }
      return;
    }
    for (const { at_us, level, name } of this.#sql.events.all(session) as {
      at_us: number;
      level: string;
      name: string;
    }[]) {
      const bucket = profileBucket(profile, at_us);
      profile.entries[bucket]! += 1;
      if (isErrorLevel(level)) profile.errors[bucket]! += 1;
      if (isHangName(name)) profile.hangs[bucket]! += 1;
    }
  }

  /** Of many patches, those between two that are looked at lie evenly between them. */
  #addPatches(profile: SessionProfile, { session, patches }: ProfiledSession): void {
    if (patches === 0) return;
    if (patches <= patchesMax) {
      for (const { at_us } of this.#sql.patches.all(session) as { at_us: number }[]) {
        profile.entries[profileBucket(profile, at_us)]! += 1;
      }
      return;
    }
    const weights = new Weights(profile);
    let before = 0;
    let beforeUs = Number.NaN;
    for (let i = 1; i <= patchesMax; i++) {
      const revision = Math.floor((patches * i) / patchesMax);
      const row = this.#sql.patch.get(session, revision) as { at_us: number } | undefined;
      if (!row) continue;
      const fromUs = Number.isNaN(beforeUs) ? row.at_us : beforeUs;
      weights.spread(revision - before, fromUs, row.at_us);
      before = revision;
      beforeUs = row.at_us;
    }
    weights.addTo(profile.entries, patches);
  }

  /** Sealed samples lie evenly over their chunks. */
  #addSealed(profile: SessionProfile, session: number, samples: number): void {
    const weights = new Weights(profile);
    const chunks = this.#sql.chunks.all(session, chunksMax + 1) as unknown as ChunkRow[];
    const some = chunks.length > chunksMax ? this.#someChunks(session) : chunks;
    for (const { n, t_min, t_max } of some) weights.spread(n, t_min, t_max);
    weights.addTo(profile.entries, samples);
  }

  /** Chunks from all over a session with many of them. */
  #someChunks(session: number): ChunkRow[] {
    const { count } = this.#sql.seriesCount.get(session) as { count: number };
    const found: ChunkRow[] = [];
    const series = Math.min(count, sampledSeries);
    for (let i = 0; i < series; i++) {
      const local = Math.floor((count * i) / series);
      const row = this.#sql.series.get(session, local) as { no: number; last: number | null };
      if (!row || row.last === null) continue;
      // A chunk stands for those that are passed over.
      const chunks = row.last + 1;
      const looked = Math.min(chunks, Math.max(sampledChunks, Math.floor(chunksMax / series)));
      for (let k = 0; k < looked; k++) {
        const ordinal = Math.floor((chunks * k) / looked);
        const chunk = this.#sql.chunk.get(row.no, ordinal) as ChunkRow | undefined;
        const next = this.#sql.chunk.get(row.no, Math.floor((chunks * (k + 1)) / looked) - 1);
        if (!chunk) continue;
        const untilUs = (next as ChunkRow | undefined)?.t_max ?? chunk.t_max;
        found.push({ n: (chunk.n * chunks) / looked, t_min: chunk.t_min, t_max: untilUs });
      }
    }
    return found;
  }
}

interface ChunkRow {
  n: number;
  t_min: number;
  t_max: number;
}

/** A profile changes when one of these does. */
function stampOf({ status, patches, events, samples }: ProfiledSession): string {
  return `${status.endedUs ?? status.lastActivityUs} ${patches} ${events} ${samples}`;
}

/** What lies over several buckets: gathered as fractions, given out as whole numbers. */
class Weights {
  readonly #profile: SessionProfile;
  readonly #weights: Float64Array;

  constructor(profile: SessionProfile) {
    this.#profile = profile;
    this.#weights = new Float64Array(profile.entries.length);
  }

  /** Lays a weight evenly over a range of instants, both ends included. */
  spread(weight: number, fromUs: number, toUs: number): void {
    const first = profileBucket(this.#profile, fromUs);
    const last = profileBucket(this.#profile, toUs);
    if (first === last) {
      this.#weights[first]! += weight;
      return;
    }
    const { fromUs: startUs, widthUs } = this.#profile;
    const spanUs = toUs - fromUs;
    let doneUs = fromUs;
    for (let bucket = first; bucket <= last; bucket++) {
      const endUs = bucket === last ? toUs : Math.min(toUs, startUs + (bucket + 1) * widthUs);
      this.#weights[bucket]! += (weight * Math.max(0, endUs - doneUs)) / spanUs;
      doneUs = Math.max(doneUs, endUs);
    }
  }

  /** Divides `count` by the weights so that the whole numbers add up; evenly when there are none. */
  addTo(counts: Float64Array, count: number): void {
    const whole = this.#weights.reduce((sum, weight) => sum + weight, 0);
    let weight = 0;
    let given = 0;
    for (let i = 0; i < counts.length; i++) {
      weight += whole > 0 ? this.#weights[i]! / whole : 1 / counts.length;
      const upto = i === counts.length - 1 ? count : Math.min(count, Math.round(count * weight));
      counts[i]! += upto - given;
      given = upto;
    }
  }
}

function prepareAll(main: Database) {
  const prepare = (sql: string): Statement => main.prepare(sql);
  return {
    events: prepare('SELECT at_us, level, name FROM event WHERE session = ?'),
    patches: prepare('SELECT at_us FROM patch WHERE session = ?'),
    patch: prepare('SELECT at_us FROM patch WHERE session = ? AND revision = ?'),
    chunks: prepare(
      `SELECT c.n, c.t_min, c.t_max FROM series s JOIN chunk c ON c.series = s.no
       WHERE s.session = ? LIMIT ?`,
    ),
    seriesCount: prepare('SELECT count(*) AS count FROM series WHERE session = ?'),
    series: prepare(
      `SELECT no, (SELECT max(ordinal) FROM chunk WHERE series = s.no) AS last FROM series s
       WHERE session = ? AND local = ?`,
    ),
    chunk: prepare('SELECT n, t_min, t_max FROM chunk WHERE series = ? AND ordinal = ?'),
  };
}
