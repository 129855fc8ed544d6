/** The verdict: how it ended, in a sentence, and the moments that led there. */

/** The part of the page. */
export function Verdict() {
  return <div />;
}
