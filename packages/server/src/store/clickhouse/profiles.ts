/** Profiles of activity: when sessions did how much, for the rows of a list. */
import { eventNames, levels, limits } from '@tacho/protocol';
import { emptyProfile } from '../profile.ts';
import type { SessionProfile } from '../store.ts';
import type { Shard } from './connection.ts';
import { number, quoted, quotedList, uuidList } from './sql.ts';
import { type HeadRow, summaryOfRow } from './tables.ts';

/** Profiles by id. */
export async function profilesOf(
  rows: readonly { shard: Shard; row: HeadRow }[],
): Promise<Map<string, SessionProfile>> {
  const profiles = new Map<string, SessionProfile>();
  for (const { row } of rows) {
    profiles.set(row.session, emptyProfile(row.created_us, summaryOfRow(row).status));
  }
  const shards = [...new Set(rows.map(({ shard }) => shard))];
  await Promise.all(
    shards.map(async (shard) => {
      const mine = rows.filter((one) => one.shard === shard).map(({ row }) => row);
      for (const found of await shard.rows<ProfileRow>(profileSql(mine, profiles))) {
        const profile = profiles.get(found.session)!;
        spread(profile.entries, found);
        profile.errors[found.bucket]! += found.errors;
        profile.hangs[found.bucket]! += found.hangs;
      }
    }),
  );
  return profiles;
}

interface ProfileRow {
  session: string;
  bucket: number;
  /** The last bucket that the entries lie in. */
  until: number;
  entries: number;
  errors: number;
  hangs: number;
}

/** Samples of one batch lie evenly between the first and the last of them. */
function spread(counts: Float64Array, { bucket, until, entries }: ProfileRow): void {
  const buckets = until - bucket + 1;
  let given = 0;
  for (let i = 1; i <= buckets; i += 1) {
    const upto = Math.round((entries * i) / buckets);
    counts[bucket + i - 1]! += upto - given;
    given = upto;
  }
}

function profileSql(rows: readonly HeadRow[], profiles: Map<string, SessionProfile>): string {
  const ids = quotedList(rows.map(({ session }) => session));
  const which = `(session, gen) IN (${rows.map(({ session, gen }) => `('${session}', ${gen})`).join(', ')})`;
  const list = (of: (profile: SessionProfile) => number): string =>
    `[${rows.map(({ session }) => number(of(profiles.get(session)!))).join(', ')}]`;
  const at = `indexOf(${ids.replace('(', '[').replace(/\)$/, ']')}, toString(session))`;
  const from = `${list(({ fromUs }) => fromUs)}[${at}]`;
  const width = `${list(({ widthUs }) => widthUs)}[${at}]`;
  const isError = `level >= ${levels.indexOf('error')}`;
  const bucketOf = (us: string): string =>
    `least(${limits.profileBuckets - 1}, greatest(0, toInt64(floor((${us} - ${from}) / ${width}))))`;
  // Samples that came when they were taken say no span.
  const span = "JSONExtract(body, 'spanUs', 'Array(Float64)')";
  const edge = (i: 1 | 2): string => `if(length(${span}) = 2, ${span}[${i}], received_us)`;
  return `SELECT session, ${bucketOf('t')} AS bucket, ${bucketOf('u')} AS until,
      sum(n) AS entries, sum(e) AS errors, sum(h) AS hangs
    FROM (
      SELECT session, toFloat64(at_us) AS t, t AS u, 1 AS n, ${isError} AS e,
        name = ${quoted(eventNames.hang)} AS h
        FROM event FINAL WHERE ${which}
      UNION ALL SELECT session, toFloat64(at_us), toFloat64(at_us), 1, 0, 0
        FROM patch FINAL WHERE ${which}
      UNION ALL SELECT session, ${edge(1)}, ${edge(2)}, toUInt64(mantissa), 0, 0 FROM entry
        WHERE session IN ${uuidList(rows.map(({ session }) => session))} AND series = 0
          AND kind = 'sampled' AND ${which}
    ) GROUP BY session, bucket, until`;
}
