/** A dictionary of one text column: a small number for each text, and the order of the texts. */

/** Code 0 stands for no text; codes are never given out twice. */
export class Dictionary {
  /** By code. */
  readonly texts: string[] = [''];
  readonly #codes = new Map<string, number>();
  readonly #compare: (a: string, b: string) => number;
  #ranks: Float64Array | undefined;
  #sorted: string[] = [];

  /** `compare` orders the texts; 0 only for equal ones. */
  constructor(compare: (a: string, b: string) => number) {
    this.#compare = compare;
  }

  /** The code of a text, which is given one if it has none. */
  codeOf(text: string | null): number {
    if (text === null) return 0;
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    const code = this.texts.push(text) - 1;
    this.#codes.set(text, code);
    this.#ranks = undefined;
    return code;
  }

  /** The code of a text; undefined when no session ever had it. */
  find(text: string): number | undefined {
    return this.#codes.get(text);
  }

  /** By code, the place of its text in the order of all; no text stands like an empty one. */
  ranks(): Float64Array {
    if (this.#ranks) return this.#ranks;
    this.#sort();
    const places = new Map(this.#sorted.map((text, place) => [text, place]));
    const ofNone = places.get('') ?? -1;
    const ranks = Float64Array.from(this.texts, (text, code) =>
      code === 0 ? ofNone : places.get(text)!,
    );
    this.#ranks = ranks;
    return ranks;
  }

  /** The rank of any text; between two ranks when no session ever had it. */
  rankOf(text: string): number {
    const ranks = this.ranks();
    const code = text === '' ? 0 : this.find(text);
    return code === undefined ? this.#placeOf(text) - 0.5 : ranks[code]!;
  }

  /** Comparing can be slow, so a few new texts are put in their places among those that are sorted. */
  #sort(): void {
    const fresh = this.texts.slice(this.#sorted.length + 1);
    if (fresh.length > this.#sorted.length / 8) {
      this.#sorted = this.texts.slice(1).sort(this.#compare);
    } else {
      for (const text of fresh) this.#sorted.splice(this.#placeOf(text), 0, text);
    }
  }

  #placeOf(text: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.#sorted[middle]!, text) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
