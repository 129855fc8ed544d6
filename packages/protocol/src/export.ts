/** Exports: their formats, and the tables of those that hold one. */

/** Formats, the one that holds everything first. */
export const exportFormats = ['ndjson', 'csv', 'parquet'] as const;

/** Format of an export. */
export type ExportFormat = (typeof exportFormats)[number];

/** Tables of CSV and Parquet, the one that is meant without a word first. */
export const exportTables = ['samples', 'events', 'sessions'] as const;

/** Table of an export. */
export type ExportTable = (typeof exportTables)[number];
