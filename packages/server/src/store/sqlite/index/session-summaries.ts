/** Sessions as they stand in a list: read by number from the main database, brought up to the moment by the columns. */
import {
  type EventRecord,
  type ExceptionFact,
  initialStatus,
  parseJson,
  type SessionStatus,
} from '@tacho/protocol';
import type { SessionProfile, SessionSummary } from '../../store.ts';
import type { Database, Statement } from '../database.ts';
import type { Place } from './block-store.ts';
import type { Profiles } from './profiles.ts';
import type { SessionColumns } from './session-columns.ts';

/** A row of a list. */
export interface ListRow {
  summary: SessionSummary;
  profile: SessionProfile;
}

interface TableRow {
  id: string;
  created_us: number;
  product: string;
  version: string;
  machine_id: string | null;
  hostname: string | null;
  boot_id: string | null;
  agent_id: string | null;
  updated_us: number;
  patches: number;
  status: string;
}

/** Exceptions kept in memory, so that a page asked for again does not read their events again. */
const exceptionsMax = 4_096;

/** Reads rows of lists. */
export class SessionSummaries {
  readonly #columns: SessionColumns;
  readonly #profiles: Profiles;
  readonly #sql: Record<'row' | 'event', Statement>;
  /** By id of the event, which never changes. */
  readonly #exceptions = new Map<number, ExceptionFact>();

  constructor(main: Database, columns: SessionColumns, profiles: Profiles) {
    this.#columns = columns;
    this.#profiles = profiles;
    this.#sql = {
      row: main.prepare(
        `SELECT s.id, s.created_us, s.product, s.version, s.machine_id, s.hostname, s.boot_id,
           s.agent_id, t.updated_us, t.patches, t.status
         FROM session s JOIN status t ON t.session = s.no WHERE s.no = ?`,
      ),
      event: main.prepare('SELECT at_us, record FROM event WHERE id = ?'),
    };
  }

  /** Rows in the order of the sessions; those that there are not any more are left out. */
  read(sessions: readonly number[]): ListRow[] {
    const found = sessions.flatMap((session) => {
      const place = this.#columns.blocks.find(session);
      const row = this.#sql.row.get(session) as TableRow | undefined;
      return place && row ? [{ session, summary: this.#summary(row, place) }] : [];
    });
    const profiles = this.#profiles.read(
      found.map(({ session, summary }) => ({ ...summary, session })),
    );
    return found.map(({ summary }, i) => ({ summary, profile: profiles[i]! }));
  }

  #summary(table: TableRow, place: Place): SessionSummary {
    const { block, row } = place;
    const skewUs = block.skewUs[row]!;
    const exception = this.#exception(place);
    return {
      id: table.id,
      createdUs: table.created_us,
      updatedUs: block.updatedUs[row]!,
      product: table.product,
      version: table.version,
      ...(table.machine_id !== null && { machineId: table.machine_id }),
      ...(table.hostname !== null && { hostname: table.hostname }),
      ...(table.boot_id !== null && { bootId: table.boot_id }),
      ...(table.agent_id !== null && { agentId: table.agent_id }),
      status: statusOf(table, place),
      patches: table.patches,
      events: block.events[row]!,
      samples: block.samples[row]!,
      ...(!Number.isNaN(skewUs) && { clockSkewUs: skewUs }),
      errors: block.errors[row]!,
      ...(exception && { exception }),
    };
  }

  #exception({ block, row }: Place): ExceptionFact | undefined {
    const id = block.exceptionId[row]!;
    if (id === 0) return undefined;
    const known = this.#exceptions.get(id);
    if (known) return known;
    const event = this.#sql.event.get(id) as EventTableRow | undefined;
    if (!event) return undefined;
    const { exception_type: type = '', exception_msg: message = '' } = parseJson(
      event.record,
    ) as unknown as EventRecord;
    const fact = { type, message, atUs: event.at_us };
    if (this.#exceptions.size >= exceptionsMax) this.#exceptions.clear();
    this.#exceptions.set(id, fact);
    return fact;
  }
}

interface EventTableRow {
  at_us: number;
  record: string;
}

/** The status as written, with what the journal says beyond it. */
function statusOf({ status, updated_us }: TableRow, { block, row }: Place): SessionStatus {
  const heartbeatUs = block.heartbeatUs[row]!;
  return {
    ...parseStatus(status, updated_us),
    lastActivityUs: block.activityUs[row]!,
    lastHeartbeatUs: Number.isNaN(heartbeatUs) ? null : heartbeatUs,
  };
}

function parseStatus(status: string, updatedUs: number): SessionStatus {
  try {
    return JSON.parse(status) as SessionStatus;
  } catch {
    return initialStatus(updatedUs);
  }
}
