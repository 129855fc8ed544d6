/** Dice: chance that comes out the same for the same seed, with the distributions that a demo needs. */

/** A source of chance. Two of the same seed say the same. */
export class Dice {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(...seed: readonly (string | number)[]) {
    [this.#a, this.#b, this.#c, this.#d] = seedWords(seed.join('\n'));
    for (let i = 0; i < 12; i++) this.next();
  }

  /** 0 up to 1, that one excluded; the generator is sfc32 of PractRand. */
  next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    return (t >>> 0) / 4294967296;
  }

  /** A number between two others. */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number, both ends included. */
  whole(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.next());
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)] as T;
  }

  /** One of a list that is not empty, each as likely as its weight says. */
  weighted<T>(list: readonly (readonly [T, number])[]): T {
    let left = this.next() * list.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of list) {
      left -= weight;
      if (left < 0) return item;
    }
    return (list.at(-1) as readonly [T, number])[0];
  }

  /** Around 0 with a deviation of 1, never beyond 3: three uniform numbers, which is cheap and enough. */
  noise(): number {
    return 2 * (this.next() + this.next() + this.next() - 1.5);
  }

  /** Log-normal around a median. */
  spread(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.noise());
  }

  /** A UUID in the form of version 4. */
  uuid(): string {
    const hex = Array.from({ length: 8 }, () =>
      Math.floor(this.next() * 0x10000)
        .toString(16)
        .padStart(4, '0'),
    );
    const [a, b, c, d, e, ...rest] = hex as [string, string, string, string, string];
    const variant = (0x8 + (Number.parseInt(e[0] as string, 16) & 3)).toString(16);
    return `${a}${b}-${c}-4${d.slice(1)}-${variant}${e.slice(1)}-${rest.join('')}`;
  }

  /** So many hexadecimal digits. */
  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.whole(0, 15).toString(16)).join('');
  }
}

/** Four words that every character of the text has a part in. */
function seedWords(text: string): [number, number, number, number] {
  const words = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef];
  for (let i = 0; i < text.length; i++) {
    for (let k = 0; k < 4; k++) {
      const mixed = Math.imul((words[k] as number) ^ text.charCodeAt(i), 0x85ebca6b + 2 * k);
      words[k] = (mixed ^ (mixed >>> 13)) + (words[(k + 1) & 3] as number);
    }
  }
  return words as [number, number, number, number];
}
