/** The tables of the index database, part by part; docs/format.md describes them. */
import { blockSchema } from './column-blocks.ts';

/** Goes up with every change of a table or of what its rows mean: the index is then made anew. */
export const indexVersion = 1;

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

/** SQL of all parts. */
export const indexSchema: readonly string[] = [cursors, series, events];
