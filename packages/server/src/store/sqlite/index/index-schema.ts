/** The tables of the index database, part by part; docs/format.md describes them. */

/** Goes up with every change of a table or of what its rows mean: the index is then made anew. */
export const indexVersion = 1;

/** How far each part has come. */
const cursors = `
  CREATE TABLE cursor(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`;

/** SQL of all parts. */
export const indexSchema: readonly string[] = [cursors];
