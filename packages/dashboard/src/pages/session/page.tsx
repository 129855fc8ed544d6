/** The page Session. */

/** The page. */
export function SessionPage() {
  return <h1>Session</h1>;
}
