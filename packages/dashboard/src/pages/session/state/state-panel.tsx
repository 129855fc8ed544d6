/** The state at the cursor: a tree with what changed, and the revisions. */

/** The part of the page. */
export function StatePanel() {
  return <div />;
}
