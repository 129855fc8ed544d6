/** The page Sessions. */

/** The page. */
export function SessionsPage() {
  return <h1>Sessions</h1>;
}
