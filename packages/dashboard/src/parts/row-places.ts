/** Where the rows of a long list stand: most are of one height, and the few that are not are remembered. */

/** What a row is recognised by. */
export type RowKey = string | number;

/** Rows and their heights; all in pixels from the top of the list. */
export class RowPlaces {
  /** Height of a row that was not measured. */
  readonly rowHeight: number;
  #count = 0;
  /** Rows of another height, by number, ascending; with the sum of what they differ up to each. */
  #odd: { index: number; key: RowKey; height: number; sum: number }[] = [];

  constructor(rowHeight: number) {
    this.rowHeight = rowHeight;
  }

  /**
   * There are so many rows now. Rows that came before or after those that were known keep their
   * heights; where a row is not found again, its height is forgotten until it is measured.
   */
  setRows(count: number, keyOf: (index: number) => RowKey): void {
    const shift = count - this.#count;
    this.#count = count;
    if (this.#odd.length === 0) return;
    const found = this.#odd.flatMap((odd) => {
      const index = [odd.index, odd.index + shift].find(
        (each) => each >= 0 && each < count && keyOf(each) === odd.key,
      );
      return index === undefined ? [] : [{ ...odd, index }];
    });
    this.#order(found);
  }

  /** A row was measured; whether that moves what follows. */
  measure(index: number, key: RowKey, height: number): boolean {
    const { at, odd } = this.#find(index);
    if (Math.abs((odd?.height ?? this.rowHeight) - height) < 0.5) return false;
    const rest = [...this.#odd];
    const entry = { index, key, height, sum: 0 };
    if (Math.abs(height - this.rowHeight) < 0.5) rest.splice(at, 1);
    else rest.splice(at, odd === undefined ? 0 : 1, entry);
    this.#order(rest);
    return true;
  }

  /** Height of all rows together. */
  get total(): number {
    return this.topOf(this.#count);
  }

  /** Where a row begins. */
  topOf(index: number): number {
    const { at } = this.#find(index);
    return index * this.rowHeight + (this.#odd[at - 1]?.sum ?? 0);
  }

  /** Height of a row. */
  heightOf(index: number): number {
    return this.#find(index).odd?.height ?? this.rowHeight;
  }

  /** The row at a distance from the top; the first or the last one outside of the list. */
  indexAt(px: number): number {
    let [low, high] = [0, Math.max(0, this.#count - 1)];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.topOf(middle) <= px) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The first remembered row that does not stand before `index`, and whether it is that one. */
  #find(index: number): { at: number; odd: { height: number } | undefined } {
    let [low, high] = [0, this.#odd.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#odd[middle]?.index ?? 0) < index) low = middle + 1;
      else high = middle;
    }
    const odd = this.#odd[low];
    return { at: low, odd: odd?.index === index ? odd : undefined };
  }

  #order(odd: { index: number; key: RowKey; height: number }[]): void {
    let sum = 0;
    this.#odd = [];
    for (const each of odd.sort((a, b) => a.index - b.index)) {
      sum += each.height - this.rowHeight;
      this.#odd.push({ ...each, sum });
    }
  }
}
