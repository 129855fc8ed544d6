/** Clusters of pieces: each is a run of consecutive samples of its series, whatever came late. */
import type { SampleDetail } from '../../store.ts';
import { mergeRuns, type Part } from '../merge-runs.ts';
import type { SeriesPiece } from './pieces.ts';

/** Pieces whose times overlap; between clusters none do. In order of arrival. */
export interface Cluster<P extends SeriesPiece = SeriesPiece> {
  pieces: P[];
  count: number;
  tMinUs: number;
  tMaxUs: number;
}

/** The clusters of a series in order of time. Equal instants at a border are in order of arrival. */
export function clustersOf<P extends SeriesPiece>(pieces: readonly P[]): Cluster<P>[] {
  const order = pieces.map((_, i) => i);
  if (!isAscending(pieces)) order.sort((a, b) => pieces[a]!.tMinUs - pieces[b]!.tMinUs || a - b);
  const clusters: { members: number[]; latest: number; tMaxUs: number }[] = [];
  for (const i of order) {
    const { tMinUs, tMaxUs } = pieces[i]!;
    const open = clusters.at(-1);
    if (open && (tMinUs < open.tMaxUs || (tMinUs === open.tMaxUs && i < open.latest))) {
      open.members.push(i);
      open.latest = Math.max(open.latest, i);
      open.tMaxUs = Math.max(open.tMaxUs, tMaxUs);
    } else clusters.push({ members: [i], latest: i, tMaxUs });
  }
  return clusters.map(({ members, tMaxUs }) => {
    const tMinUs = pieces[members[0]!]!.tMinUs;
    const together = members.sort((a, b) => a - b).map((i) => pieces[i]!);
    const count = together.reduce((sum, piece) => sum + piece.count, 0);
    return { pieces: together, count, tMinUs, tMaxUs };
  });
}

function isAscending(pieces: readonly SeriesPiece[]): boolean {
  for (let i = 1; i < pieces.length; i++) {
    if (pieces[i - 1]!.tMinUs > pieces[i]!.tMinUs) return false;
  }
  return true;
}

/** The samples of a cluster in order. */
export function loadCluster(cluster: Cluster, withDetails: boolean): Part {
  const [only] = cluster.pieces;
  if (cluster.pieces.length === 1 && only) return only.load(withDetails) ?? noSamples();
  const pieces = cluster.pieces.map(({ tMinUs, tMaxUs, load }) => ({
    tMinUs,
    tMaxUs,
    load: () => load(withDetails),
  }));
  const [merged] = mergeRuns([{ series: 0, pieces }], Math.max(1, cluster.count));
  return merged ?? noSamples();
}

function noSamples(): Part {
  return { timesUs: new Float64Array(0), values: new Float64Array(0), details: undefined };
}

/** The samples of a part from `fromUs` on and before `toUs`. */
export function clip(part: Part, fromUs: number, toUs: number): Part {
  const from = firstAtOrAfter(part.timesUs, fromUs);
  const to = firstAtOrAfter(part.timesUs, toUs);
  if (from === 0 && to === part.timesUs.length) return part;
  return slicePart(part, from, Math.max(from, to));
}

/** Rows [from, to) of a part. */
function slicePart({ timesUs, values, details }: Part, from: number, to: number): Part {
  let some: Map<number, SampleDetail> | undefined;
  for (const [row, detail] of details ?? []) {
    if (row < from || row >= to) continue;
    some ??= new Map();
    some.set(row - from, detail);
  }
  return { timesUs: timesUs.subarray(from, to), values: values.subarray(from, to), details: some };
}

/** Index of the first instant that is not before `us`. */
function firstAtOrAfter(timesUs: Float64Array, us: number): number {
  let low = 0;
  let high = timesUs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timesUs[middle]! < us) low = middle + 1;
    else high = middle;
  }
  return low;
}
