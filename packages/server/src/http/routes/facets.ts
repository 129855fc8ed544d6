/** What splits a list of sessions: values of a field with counts, and values that set the bad ones apart. */
import {
  type Facet,
  facetParameter,
  filterOf,
  formatFacet,
  type JsonObject,
  limits,
  parseFacet,
  routes,
  type SessionFilter,
  stateText,
  TachoError,
} from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import { eventNames } from '../../query/event-names.ts';
import { type FilterPart, filterParts, withOutcomes } from '../../query/filter-parts.ts';
import { bestSplits, type Candidate, type Sides } from '../../query/splits.ts';
import type { SessionTotals, Store } from '../../store/store.ts';
import { addQuestion } from '../question.ts';
import type { Service } from '../service.ts';
import { totalsJson } from '../session-row.ts';

/** Adds the route. */
export function addFacetRoutes(app: FastifyInstance, service: Service): void {
  const { store } = service;
  addQuestion(app, service, routes.sessionFacets, async ({ params, nowUs }) => {
    const { field, prefix, limit } = params;
    const filter = filterOf(params);
    const totals = await totalsOf(store, filter, nowUs);
    const parts = totals.sessions === 0 ? filterParts(filter) : [];
    return {
      totals: totalsJson(totals),
      ...(field === undefined
        ? { splits: await splitsJson({ store, filter, totals, limit, nowUs }) }
        : await valuesJson(store, { filter, field, prefix, limit, nowUs })),
      ...(parts.length === 0 ? {} : { if_removed: await ifRemoved(store, parts, nowUs) }),
    };
  });
}

async function totalsOf(
  store: Store,
  filter: SessionFilter,
  nowUs: number,
): Promise<SessionTotals> {
  const [all] = await store.groups({ filter, by: [], nowUs });
  return all ?? nobody;
}

const nobody: SessionTotals = {
  sessions: 0,
  active: 0,
  suspended: 0,
  hung: 0,
  outcomes: { healthy: 0, errored: 0, abnormal: 0, crashed: 0 },
};

/** Values of a facet. */
interface ValuesQuestion {
  filter: SessionFilter;
  field: Facet;
  prefix: string | undefined;
  limit: number;
  nowUs: number;
}

async function valuesJson(store: Store, question: ValuesQuestion): Promise<JsonObject> {
  const { field, limit } = question;
  const found = await valuesOf(store, question);
  return {
    values: found.slice(0, limit).map(([value, { sessions, outcomes }]) => ({
      value,
      ...(value === null ? {} : { parameter: facetParameter(field, value) }),
      sessions,
      ...outcomes,
    })),
    values_left_out: Math.max(0, found.length - limit),
  };
}

async function valuesOf(
  store: Store,
  { filter, field, prefix = '', nowUs }: ValuesQuestion,
): Promise<[value: string | null, totals: SessionTotals][]> {
  if (field.by === 'event') {
    if (filter.events !== undefined) throw eventsTwice();
    const names = await eventNames(store, { filter, prefix, nowUs });
    return names.map(({ name, totals }) => [name, totals]);
  }
  const start = prefix.toLowerCase();
  const groups = await store.groups({ filter, by: [field], nowUs });
  return groups
    .map((group): [string | null, SessionTotals] => {
      const value = group.values[0] ?? null;
      return [value === null ? null : String(value), group];
    })
    .filter(([value]) => start === '' || (value ?? '').toLowerCase().startsWith(start));
}

function eventsTwice(): TachoError {
  return new TachoError(
    'invalid_field',
    'field is "event" while the parameter event is given; expected one of both.',
  );
}

async function ifRemoved(store: Store, parts: FilterPart[], nowUs: number): Promise<JsonObject[]> {
  return Promise.all(
    parts.map(async ({ name, value, rest }) => ({
      name,
      ...(value === undefined ? {} : { value }),
      sessions: (await totalsOf(store, rest, nowUs)).sessions,
    })),
  );
}

/** What the sides of a split are made of. */
interface SplitQuestion {
  store: Store;
  filter: SessionFilter;
  totals: SessionTotals;
  limit: number;
  nowUs: number;
}

/** Two sets of sessions, the first a part of the second. */
interface Contrast {
  between: 'bad_and_good' | 'result_and_rest';
  inside: SessionFilter;
  all: SessionFilter;
}

/** Fields that may explain something; the others say the same as the outcome, or nothing. */
const splitFields = ['product', 'version', 'machine', 'hostname'] as const;

/** Paths that every state has, and that are fields already. */
const plainPaths = ['product', 'version'];

async function splitsJson(question: SplitQuestion): Promise<JsonObject | null> {
  const { store, limit, nowUs } = question;
  const contrast = await contrastOf(question);
  const inside = (await totalsOf(store, contrast.inside, nowUs)).sessions;
  const outside = (await totalsOf(store, contrast.all, nowUs)).sessions - inside;
  if (inside === 0 || outside <= 0) return null;
  const sides: Sides = { inside, outside };
  const candidates = [
    ...(await fieldCandidates(question, contrast)),
    ...(await stateCandidates(question, contrast)),
  ];
  return {
    between: contrast.between,
    inside,
    outside,
    values: bestSplits(candidates, sides, limit).map((split) => ({
      ...split,
      parameter: facetParameter(parseFacet(split.field) as Facet, split.value),
      inside_share: split.inside / inside,
      outside_share: split.outside / outside,
    })),
  };
}

/** Bad against good sessions; where the result has only one of both, the result against the rest. */
async function contrastOf({ store, filter, totals, nowUs }: SplitQuestion): Promise<Contrast> {
  const bad = totals.outcomes.abnormal + totals.outcomes.crashed;
  if (bad > 0 && bad < totals.sessions) {
    const inside = withOutcomes(filter, ['abnormal', 'crashed']);
    return { between: 'bad_and_good', inside, all: filter };
  }
  const groups = await store.groups({ filter, by: [{ by: 'product' }], nowUs });
  const products = groups.map(({ values }) => String(values[0]));
  return { between: 'result_and_rest', inside: filter, all: { products } };
}

async function fieldCandidates(
  { store, nowUs }: SplitQuestion,
  { inside, all }: Contrast,
): Promise<Candidate[]> {
  const found = splitFields.map(async (by) => {
    const [some, total] = await Promise.all([
      store.groups({ filter: inside, by: [{ by }], nowUs }),
      store.groups({ filter: all, by: [{ by }], nowUs }),
    ]);
    const totals = new Map(total.map(({ values, sessions }) => [values[0], sessions]));
    return some.flatMap(({ values: [value], sessions }) =>
      typeof value === 'string' ? candidatesOf(by, value, sessions, totals.get(value)) : [],
    );
  });
  return (await Promise.all(found)).flat();
}

/** Values of the states that are frequent on both sides of the question, as far as the store lists them. */
async function stateCandidates(
  { store, nowUs }: SplitQuestion,
  { inside, all }: Contrast,
): Promise<Candidate[]> {
  const limit = limits.pageRowsMax;
  const [some, total] = await Promise.all([
    store.stateValues({ filter: inside, limit, nowUs }),
    store.stateValues({ filter: all, limit, nowUs }),
  ]);
  const keyOf = ({ path, value }: (typeof some)[number]): string => `${path}\0${stateText(value)}`;
  const totals = new Map(total.map((pair) => [keyOf(pair), pair.sessions]));
  return some
    .filter(({ path }) => !plainPaths.includes(path))
    .flatMap((pair) => {
      const field = formatFacet({ by: 'state', path: pair.path });
      if (parseFacet(field) === undefined) return [];
      return candidatesOf(field, stateText(pair.value), pair.sessions, totals.get(keyOf(pair)));
    });
}

/** None where the whole is not known: the store lists only so many values. */
function candidatesOf(
  field: string,
  value: string,
  inside: number,
  all: number | undefined,
): Candidate[] {
  if (all === undefined) return [];
  // Sessions may have ended between the two questions.
  return [{ field, value, inside, outside: Math.max(0, all - inside) }];
}
