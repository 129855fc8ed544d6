/** The recorder: lanes and charts on one axis with one cursor. */

/** The part of the page. */
export function Recorder() {
  return <div />;
}
