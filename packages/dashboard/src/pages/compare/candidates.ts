/** Sessions that are offered for a comparison: which fit a text, and which are alike those chosen. */
import type { SessionRow } from '../../outcome.ts';

/** The rows that hold all words of the text, each once, those of the products that are chosen first. */
export function candidatesOf(
  rows: readonly SessionRow[],
  text: string,
  selected: readonly string[],
): SessionRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = new Map<string, SessionRow>();
  for (const row of rows) {
    const place = [row.id, row.product, row.version, row.machine_id, row.hostname, row.cause?.kind]
      .join(' ')
      .toLowerCase();
    if (words.every((word) => place.includes(word))) found.set(row.id, row);
  }
  const products = new Set(
    rows.filter(({ id }) => selected.includes(id)).map(({ product }) => product),
  );
  const likeness = ({ id, product }: SessionRow): number =>
    (selected.includes(id) ? 2 : 0) + (products.has(product) ? 1 : 0);
  // The sort is stable, so that the newest stay first among those alike.
  return [...found.values()].sort((a, b) => likeness(b) - likeness(a));
}
