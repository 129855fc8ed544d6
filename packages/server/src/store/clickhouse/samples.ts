/** Samples of one session as they gather in a batch. */
import type { SeriesTable } from '@tacho/protocol';
import { nearerSkew, type Sampled, type SampleEntry } from '../fold.ts';
import type { SampleDetail } from '../store.ts';
import { detailText } from './said.ts';

/** How far from their receipt samples may be for a profile to show them there. */
const plainUsMax = 60e6;

/** Samples in order of arrival, as columns. */
export class Samples {
  /** The series that their session knows. */
  readonly keys: SeriesTable;
  /** By sample: index into `used`. */
  readonly series: number[] = [];
  /** Indexes of the series that have samples here, in order of first appearance. */
  readonly used: number[] = [];
  readonly timesUs: number[] = [];
  readonly values: number[] = [];
  /** By sample, as texts. */
  readonly details = new Map<number, string>();
  readonly #places = new Map<number, number>();

  constructor(keys: SeriesTable) {
    this.keys = keys;
  }

  /** Adds the samples of an entry; columns arrive one after the other. */
  add(entry: SampleEntry): void {
    if (entry.kind === 'sample') {
      this.#one(this.#placeOf(entry.series), entry.atUs, entry.value, entry.detail);
      return;
    }
    if (entry.kind === 'samples') {
      const { series, timesUs, values, details } = entry;
      for (let i = 0; i < series.length; i += 1) {
        this.#one(this.#placeOf(series[i]!), timesUs[i]!, values[i]!, details?.get(i));
      }
      return;
    }
    const { timesUs } = entry;
    if (timesUs.length === 0) return;
    for (const [k, series] of entry.series.entries()) {
      const place = this.#placeOf(series);
      const values = entry.values[k]!;
      for (let i = 0; i < timesUs.length; i += 1) {
        this.series.push(place);
        this.timesUs.push(timesUs[i]!);
        this.values.push(values[i]!);
      }
    }
  }

  /** What they are together; there is at least one. */
  sum(receivedUs: number): Sampled {
    let skewUs: number | undefined;
    for (const atUs of this.timesUs) skewUs = nearerSkew(skewUs, atUs, receivedUs);
    const skew = skewUs === undefined ? {} : { skewUs };
    return { kind: 'sampled', count: this.timesUs.length, atUs: this.timesUs[0]!, ...skew };
  }

  /** From the first to the last instant of them, unless both are about when they were received. */
  span(receivedUs: number): [fromUs: number, toUs: number] | undefined {
    let [fromUs, toUs] = [Infinity, -Infinity];
    for (const atUs of this.timesUs) {
      if (atUs < fromUs) fromUs = atUs;
      if (atUs > toUs) toUs = atUs;
    }
    const isPlain = receivedUs - fromUs < plainUsMax && toUs - receivedUs < plainUsMax;
    return isPlain ? undefined : [fromUs, toUs];
  }

  #one(place: number, atUs: number, value: number, detail: SampleDetail | undefined): void {
    const text = detail === undefined ? '' : detailText(detail);
    if (text !== '') this.details.set(this.timesUs.length, text);
    this.series.push(place);
    this.timesUs.push(atUs);
    this.values.push(value);
  }

  #placeOf(series: number): number {
    const known = this.#places.get(series);
    if (known !== undefined) return known;
    const place = this.used.push(series) - 1;
    this.#places.set(series, place);
    return place;
  }
}
