/** The version of this agent, as `package.json` has it (a test compares). */

/** Semantic version of the package. */
export const version = '0.4.0';
