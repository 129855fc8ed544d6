/** A part of the index: what it must offer so that the catalog keeps it up. */

/**
 * Follows the main database in small steps. A part is constructed with (main, index): a connection
 * that only reads, and one on the index database, whose only writer is the catalog's thread. All
 * calls come inside a transaction of both, so that all parts see the same moment of the main
 * database. How far a part has come it keeps in the index (`Cursors`), so that a step and its cursor
 * become durable together or not at all.
 */
export interface IndexPart {
  /** Takes up about `rows` rows of the main database; true while there are more. */
  step(rows: number): boolean;
  /** Puts what was taken up and is still in memory into the index; comes before each commit. */
  settle?(): void;
  /** The transaction was rolled back: what the part remembers of the index may be wrong. */
  forget(): void;
}
