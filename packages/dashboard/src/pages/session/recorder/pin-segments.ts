/** A path of the state over time, as segments with a value each. */
import type { Answer } from '../../../api.ts';
import { ms } from '../../../format/time.ts';

/** A change of a path, as the API tells it. */
export type Revision = Answer<'listStateHistory'>['revisions'][number];

/** A stretch in which a path had one value. */
export interface PinSegment {
  fromMs: number;
  toMs: number;
  value: string;
  /** What it was before; undefined at the beginning of what is known. */
  before: string | undefined;
}

/** Characters of a value that are shown. */
const valueLength = 80;

/** The segments of a path whose changes are given in the order of revisions. */
export function pinSegments(
  revisions: readonly Revision[],
  startMs: number,
  endMs: number,
): PinSegment[] {
  const changes = [...revisions]
    .map((revision) => ({ ...revision, atMs: ms(revision.timestamp) }))
    .sort((a, b) => a.atMs - b.atMs);
  const first = changes[0];
  if (first === undefined) return [];
  const segments: PinSegment[] = [
    { fromMs: startMs, toMs: first.atMs, value: valueText(first.from), before: undefined },
  ];
  changes.forEach(({ atMs, to }, i) => {
    const value = valueText(to);
    const last = segments.at(-1);
    segments.push({
      ...{ fromMs: atMs, toMs: changes[i + 1]?.atMs ?? endMs },
      ...{ value, before: last?.value },
    });
  });
  return segments.filter(({ fromMs, toMs }) => toMs > fromMs);
}

/** A value of the state as a label: texts as they are, the values of objects one after the other. */
export function valueText(value: unknown): string {
  const text = textOf(value, 0);
  return text.length > valueLength ? `${text.slice(0, valueLength)}…` : text;
}

function textOf(value: unknown, depth: number): string {
  if (value === undefined) return '—';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  if (depth > 1) return Array.isArray(value) ? '[…]' : '{…}';
  const inner = Object.values(value)
    .slice(0, 8)
    .map((each) => textOf(each, depth + 1));
  return Array.isArray(value) ? `[${inner.join(', ')}]` : inner.join(' · ');
}
