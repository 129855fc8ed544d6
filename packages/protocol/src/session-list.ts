/** Lists of sessions: what they can be sorted by, and what they can be split by. */
import Type from 'typebox';
import type { Param } from './params.ts';
import { formatStateCondition } from './state-path.ts';

/**
 * What a list of sessions can be sorted by. Texts sort by code points, versions by
 * `compareVersions`, outcomes and causes by their places in their tables; a session without a
 * machine or a cause comes before those with one. The duration of an active session reaches to now.
 */
export const sessionSorts = [
  'created',
  'updated',
  'duration',
  'events',
  'errors',
  'samples',
  'hangs',
  'product',
  'version',
  'machine',
  'outcome',
  'cause',
] as const;

/** One way to sort a list of sessions. */
export type SessionSort = (typeof sessionSorts)[number];

/** Fields that sessions can be grouped by; `hung` is whether it ever did. */
export const groupFields = [
  'product',
  'version',
  'machine',
  'hostname',
  'lifecycle',
  'liveness',
  'outcome',
  'cause',
  'hung',
] as const;

/** A field that sessions can be grouped by. */
export type GroupField = (typeof groupFields)[number];

/** What the values of can be counted: a field, the values at a path of the state, or names of events. */
export type Facet = { by: GroupField } | { by: 'state'; path: string } | { by: 'event' };

/** Reads `product`, `version` …, `event`, or `state:` and a path; undefined when it is none of these. */
export function parseFacet(text: string): Facet | undefined {
  const field = groupFields.find((name) => name === text);
  if (field !== undefined) return { by: field };
  if (text === 'event') return { by: 'event' };
  const path = /^state:(.+)$/s.exec(text)?.[1]?.trim();
  return path === undefined || path === '' || /[!=<>]/.test(path)
    ? undefined
    : { by: 'state', path };
}

/** One thing that sessions are counted by. */
export const countByParam: Param<Exclude<Facet, { by: 'event' }> | undefined> = {
  schema: Type.String({
    pattern: `^(${groupFields.join('|')}|state:[^!=<>]+)$`,
    examples: ['version', 'cause', 'state:scene.name'],
  }),
  description: `What the sessions of a group have in common: ${groupFields.map((field) => `\`${field}\``).join(', ')} or \`state:path\`; all sessions are one group when absent`,
  accepted: `one of ${groupFields.join(', ')}, or state: and a path such as state:scene.name`,
  many: false,
  preset: undefined,
  read: (text) => {
    const facet = parseFacet(text);
    return facet?.by === 'event' ? undefined : facet;
  },
};

/** A facet as text; the inverse of `parseFacet`. */
export function formatFacet(facet: Facet): string {
  return facet.by === 'state' ? `state:${facet.path}` : facet.by;
}

/** A parameter that narrows a list down to one value of a facet, as name and value. */
export function facetParameter(facet: Facet, value: string): { name: string; value: string } {
  if (facet.by !== 'state') return { name: facet.by, value };
  return { name: 'state', value: formatStateCondition({ path: facet.path, operator: '=', value }) };
}
