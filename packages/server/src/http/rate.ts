/** How often one client address may ask: a bucket of tokens per address. */
import type { Clock } from '../clock.ts';

/** Addresses remembered before full buckets are forgotten; a full bucket says nothing. */
const addressesMax = 10_000;

/** Admits up to `perSecondMax` requests per second and address, and `burst` at once. */
export class RateLimit {
  readonly #perSecondMax: number;
  readonly #burst: number;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; atUs: number }>();

  constructor(perSecondMax: number, clock: Clock, burst = perSecondMax) {
    this.#perSecondMax = perSecondMax;
    this.#burst = burst;
    this.#clock = clock;
  }

  /** Takes a token; returns 0, or after how many seconds there will be one. */
  take(address: string): number {
    const nowUs = this.#clock();
    const bucket = this.#buckets.get(address) ?? this.#newBucket(address, nowUs);
    bucket.tokens = this.#filled(bucket, nowUs);
    bucket.atUs = nowUs;
    if (bucket.tokens < 1) return (1 - bucket.tokens) / this.#perSecondMax;
    bucket.tokens--;
    return 0;
  }

  #newBucket(address: string, nowUs: number): { tokens: number; atUs: number } {
    if (this.#buckets.size >= addressesMax) this.#forget(nowUs);
    const bucket = { tokens: this.#burst, atUs: nowUs };
    this.#buckets.set(address, bucket);
    return bucket;
  }

  /** The clock may be set back; time never flows out of a bucket. */
  #filled(bucket: { tokens: number; atUs: number }, nowUs: number): number {
    const seconds = Math.max(0, nowUs - bucket.atUs) / 1e6;
    return Math.min(this.#burst, bucket.tokens + seconds * this.#perSecondMax);
  }

  /** Drops full buckets, then the oldest: a flood of addresses must not take the memory. */
  #forget(nowUs: number): void {
    for (const [address, bucket] of this.#buckets) {
      if (this.#filled(bucket, nowUs) >= this.#burst) this.#buckets.delete(address);
    }
    for (const address of this.#buckets.keys()) {
      if (this.#buckets.size < addressesMax) break;
      this.#buckets.delete(address);
    }
  }
}
