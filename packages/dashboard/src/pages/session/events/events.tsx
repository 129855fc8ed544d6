/** The events of the session as a table. */

/** The part of the page. */
export function Events() {
  return <div />;
}
