/** What a server makes of entries, for tests: enough of it to compare two ways of sending the same. */
import { applyPatch, type JsonObject, type JsonValue, type WireEntry } from '@tacho/protocol';

/** A session as a server would show it. */
export interface ViewedSession {
  states: JsonObject[];
  events: string[];
  /** Last record of each counter and histogram. */
  totals: Record<string, JsonValue>;
  /** All samples of other series, by time. */
  samples: Record<string, string[]>;
  heartbeats: number;
  end: string | undefined;
}

/** Sessions by id, as they are after these entries; an entry before the start of its session throws. */
export function viewOf(entries: Iterable<WireEntry>): Record<string, ViewedSession> {
  const sessions: Record<string, ViewedSession> = {};
  for (const entry of entries) {
    if (entry.kind === 'start') {
      const { product, version, state = {} } = entry.start;
      sessions[entry.session] ??= {
        states: [{ product, version, ...applyPatch({}, state) }],
        events: [],
        totals: {},
        samples: {},
        heartbeats: 0,
        end: undefined,
      };
    }
    const session = sessions[entry.session];
    if (session === undefined) throw new Error(`${entry.kind} before the start of its session`);
    applyTo(session, entry);
  }
  for (const { samples } of Object.values(sessions)) {
    for (const list of Object.values(samples)) list.sort();
  }
  return sessions;
}

function applyTo(session: ViewedSession, entry: WireEntry): void {
  switch (entry.kind) {
    case 'patch':
      session.states.push(applyPatch(session.states.at(-1) as JsonObject, entry.patch));
      return;
    case 'event':
      session.events.push(`${entry.atUs} ${entry.event.name}`);
      return;
    case 'heartbeat':
      session.heartbeats++;
      return;
    case 'metric': {
      const { name, type, tags, value, atUs, count, metadata } = entry.metric;
      const key = `${type} ${name} ${tags.join()}`;
      if (type === 'counter') session.totals[key] = value;
      else if (type === 'histogram') session.totals[key] = metadata ?? null;
      else addSample(session, key, `${atUs} ${value} ${count}`);
      return;
    }
    case 'columns':
      for (const { name, type, tags, values } of entry.series) {
        entry.timesUs.forEach((us, i) => {
          addSample(session, `${type} ${name} ${tags.join()}`, `${us} ${values[i]} undefined`);
        });
      }
      return;
    case 'end':
    case 'crash':
      session.end ??= `${entry.kind} ${entry.atUs}`;
  }
}

function addSample({ samples }: ViewedSession, key: string, sample: string): void {
  samples[key] ??= [];
  samples[key].push(sample);
}
