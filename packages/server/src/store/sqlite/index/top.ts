/** The first few of many, by a key and then a number, without sorting all of them. */

/** Room beside the rows that are wanted; the more, the less often they are sifted. */
const spareRows = 4_096;

/** Collects rows and keeps the `limit` smallest by key, of equal keys by number. No key is NaN. */
export class Top {
  readonly #limit: number;
  readonly #keys: Float64Array;
  readonly #nos: Float64Array;
  #count = 0;
  /** Once sifted: rows that are not before this one are none of the first. */
  #lastKey = Number.POSITIVE_INFINITY;
  #lastNo = Number.POSITIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
    this.#keys = new Float64Array(limit + spareRows);
    this.#nos = new Float64Array(limit + spareRows);
  }

  /** Rows with a greater key need not be offered. */
  get bound(): number {
    return this.#lastKey;
  }

  /** Takes a row. */
  add(key: number, no: number): void {
    if (key > this.#lastKey || (key === this.#lastKey && no >= this.#lastNo)) return;
    this.#keys[this.#count] = key;
    this.#nos[this.#count] = no;
    this.#count += 1;
    if (this.#count === this.#keys.length) this.#sift();
  }

  /** The first rows in order. */
  rows(): { key: number; no: number }[] {
    const rows = Array.from({ length: this.#count }, (_, i) => ({
      key: this.#keys[i]!,
      no: this.#nos[i]!,
    }));
    return rows.sort((a, b) => a.key - b.key || a.no - b.no).slice(0, this.#limit);
  }

  /** Brings the smallest to the front (Hoare's selection) and forgets the others. */
  #sift(): void {
    let low = 0;
    let high = this.#count - 1;
    const wanted = this.#limit - 1;
    while (low < high) {
      const split = this.#partition(low, high);
      if (wanted <= split) high = split;
      else low = split + 1;
    }
    this.#count = this.#limit;
    this.#lastKey = this.#keys[wanted]!;
    this.#lastNo = this.#nos[wanted]!;
  }

  /** Rows up to the answer are not after those behind it. */
  #partition(low: number, high: number): number {
    const keys = this.#keys;
    const nos = this.#nos;
    const middle = (low + high) >> 1;
    const key = keys[middle]!;
    const no = nos[middle]!;
    let i = low - 1;
    let j = high + 1;
    for (;;) {
      do i += 1;
      while (keys[i]! < key || (keys[i] === key && nos[i]! < no));
      do j -= 1;
      while (keys[j]! > key || (keys[j] === key && nos[j]! > no));
      if (i >= j) return j;
      [keys[i], keys[j]] = [keys[j]!, keys[i]!];
      [nos[i], nos[j]] = [nos[j]!, nos[i]!];
    }
  }
}
