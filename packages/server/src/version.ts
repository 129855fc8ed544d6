/** The version of this server, as `package.json` has it (a test compares). */

/** Semantic version of the `tacho` package. */
export const version = '0.4.0';
