/** How series of sessions look to those who know Prometheus: names and labels. */
import type { SeriesKey } from '@tacho/protocol';

/** Labels by name, the metric's name as `__name__`; none is empty. */
export type Labels = ReadonlyMap<string, string>;

/** The label that holds the name of a metric. */
export const nameLabel = '__name__';

/** What a session says of itself, as labels of all of its series. */
export interface SessionLabels {
  id: string;
  product: string;
  version: string;
  machineId?: string;
  hostname?: string;
}

/** Labels of a session by its facts. */
export const sessionLabelNames = ['product', 'version', 'machine', 'hostname', 'session'] as const;

/** The text of a session's label; empty when it has none. */
export function sessionLabel(
  session: SessionLabels,
  name: (typeof sessionLabelNames)[number],
): string {
  if (name === 'session') return session.id;
  if (name === 'machine') return session.machineId ?? '';
  return session[name] ?? '';
}

/** The name that Prometheus can write without quotes: letters, digits, `_` and `:`. */
export function metricName(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9_:]/gu, '_');
  return /^\d/.test(clean) ? `_${clean}` : clean;
}

const reserved: ReadonlySet<string> = new Set([...sessionLabelNames, 'le']);

/** The label for the key of a tag; those that mean something already get `exported_` before them. */
export function labelName(key: string): string {
  const clean = key.replace(/[^a-zA-Z0-9_]/gu, '_');
  const name = /^\d/.test(clean) ? `_${clean}` : clean;
  return reserved.has(name) || name.startsWith('__') || name === '' ? `exported_${name}` : name;
}

/** The text of the label for a tag without a value. */
export const bareValue = 'true';

/** The label of a tag: `key:value` as such, a bare word as `word="true"`. */
function tagLabel(tag: string): [label: string, value: string] {
  const colon = tag.indexOf(':');
  if (colon < 0) return [labelName(tag), bareValue];
  return [labelName(tag.slice(0, colon)), tag.slice(colon + 1) || bareValue];
}

/** Labels of the tags of a series; several values of one label are joined by commas, in order. */
export function tagLabels(tags: readonly string[]): Map<string, string> {
  const values = new Map<string, Set<string>>();
  for (const [label, value] of tags.map(tagLabel)) {
    const known = values.get(label);
    if (known) known.add(value);
    else values.set(label, new Set([value]));
  }
  return new Map([...values].map(([label, found]) => [label, [...found].sort().join(',')]));
}

/** What part of a series stands under a name. */
export type Facet = 'value' | 'bucket' | 'sum' | 'count';

const histogramFacets = ['value', 'bucket', 'sum', 'count'] as const;
const otherFacets = ['value'] as const;

/** The parts under which a series of a type is shown. */
export function facetsOf(type: SeriesKey['type']): readonly Facet[] {
  return type === 'histogram' ? histogramFacets : otherFacets;
}

/** The name of a part, by the name as recorded. */
export function facetName(name: string, facet: Facet): string {
  return facet === 'value' ? name : `${name}_${facet}`;
}

/** The edge of a bucket as text. */
export function edgeText(bound: number | undefined): string {
  return bound === undefined ? '+Inf' : String(bound);
}

/**
 * Labels that tell series apart which would look the same, because they differ in their type, their
 * unit, or in what Prometheus cannot write.
 */
export function tellingLabels({ name, type, unit, tags }: SeriesKey): [string, string][] {
  const labels: [string, string][] = [
    ['tacho_name', name],
    ['tacho_type', type],
    ['tacho_unit', unit],
    ['tacho_tags', tags.length === 0 ? '' : JSON.stringify([...tags].sort())],
  ];
  return labels.filter(([, value]) => value !== '');
}

/** Equal for equal labels; with `only` or `without`, for equal ones among these or without these. */
export function labelsKey(labels: Labels, keeps: (name: string) => boolean = () => true): string {
  const names = [...labels.keys()].filter(keeps).sort();
  return JSON.stringify(names.map((name) => [name, labels.get(name)]));
}

/** Some of the labels. */
export function pickLabels(labels: Labels, keeps: (name: string) => boolean): Map<string, string> {
  return new Map([...labels].filter(([name]) => keeps(name)));
}
