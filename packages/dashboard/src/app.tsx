/** The whole dashboard: bar, page, help. */
export function App() {
  return <main>Tacho</main>;
}
