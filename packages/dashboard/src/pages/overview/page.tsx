/** The page Overview. */

/** The page. */
export function OverviewPage() {
  return <h1>Overview</h1>;
}
