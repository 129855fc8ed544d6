/** The tables of the index database, part by part; docs/format.md describes them. */
import { activitySchema } from './activity.ts';
import { blockSchema } from './column-blocks.ts';
import { identitySchema } from './main-identity.ts';
import { sessionColumnsSchema } from './session-columns.ts';
import { stateOrderSchema } from './state-orders.ts';

/** Goes up with every change of a table or of what its rows mean: the index is then made anew. */
export const indexVersion = 5;

/** How far each part has come. */
const cursors = `
  CREATE TABLE cursor(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`;

/** Metrics, their series, and the sets of tags that these have; what nothing uses any more goes. */
const series = `
  CREATE TABLE metric(
    no INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    unit TEXT NOT NULL,
    series INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX metric_key ON metric(name, type, unit);
  CREATE TABLE tag_set(no INTEGER PRIMARY KEY, tags TEXT NOT NULL, uses INTEGER NOT NULL);
  CREATE UNIQUE INDEX tag_set_tags ON tag_set(tags);
  CREATE INDEX tag_set_unused ON tag_set(no) WHERE uses <= 0;
  ${blockSchema('series_block')}
`;

/** Terms and sessions of ranges of events; `sessions` has 4 bytes for each id from `first` on. */
const events = `
  CREATE TABLE event_segment(
    no INTEGER PRIMARY KEY,
    level INTEGER NOT NULL,
    first INTEGER NOT NULL,
    size INTEGER NOT NULL,
    events INTEGER NOT NULL,
    remaining INTEGER NOT NULL,
    directory TEXT NOT NULL,
    sessions BLOB NOT NULL
  );
  CREATE TABLE event_leaf(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
`;

/** Groups of exceptions, and when and in which sessions they happened; groups without any go. */
const exceptions = `
  CREATE TABLE exception_group(
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    frames TEXT NOT NULL,
    uses INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX exception_group_id ON exception_group(id);
  ${blockSchema('exception_block')}
`;

/** Values by path with the set of sessions that have them, and by session its sets. Set 0 has all sessions. */
const states = `
  CREATE TABLE state_value(
    no INTEGER PRIMARY KEY,
    path TEXT NOT NULL,
    json TEXT NOT NULL,
    is_value INTEGER NOT NULL,
    sessions INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX state_value_json ON state_value(path, json);
  CREATE INDEX state_value_of ON state_value(path, sessions DESC, json) WHERE is_value = 1;
  CREATE INDEX state_value_top ON state_value(sessions DESC, path, json) WHERE is_value = 1;
  CREATE INDEX state_value_unused ON state_value(no) WHERE sessions <= 0;
  CREATE TABLE state_set(
    value INTEGER NOT NULL,
    block INTEGER NOT NULL,
    members BLOB NOT NULL,
    PRIMARY KEY(value, block)
  ) WITHOUT ROWID;
  CREATE TABLE state_session(
    session INTEGER PRIMARY KEY,
    patches INTEGER NOT NULL,
    irregular INTEGER NOT NULL,
    items BLOB NOT NULL
  );
  CREATE INDEX state_session_irregular ON state_session(session) WHERE irregular = 1;
  ${stateOrderSchema}
`;

/** SQL of all parts. */
export const indexSchema: readonly string[] = [
  cursors,
  identitySchema,
  sessionColumnsSchema,
  activitySchema,
  series,
  events,
  exceptions,
  states,
];
