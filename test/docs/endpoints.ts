/** Tables of the endpoints and their parameters, made from the table of endpoints. */
import {
  filterParams,
  type Param,
  type Params,
  type Route,
  routeGroups,
  routes,
} from '@tacho/protocol';
import { table } from './tables.ts';

/** Every endpoint with what it does and what a token needs for it; one table per group. */
export function endpointsTable(): string {
  const groups = routeGroups.map(({ title, routes: members }) => {
    const rows = Object.values(members).map(({ method, path, summary, scope }) => [
      `\`${method} ${path}\``,
      summary,
      scope,
    ]);
    return table([title, 'What it does', 'Scope'], rows);
  });
  return groups.join('\n\n');
}

/** The parameters of an endpoint; those that choose sessions are one line with a link. */
export function parametersTable(name: string): string {
  const route = (routes as Record<string, Route>)[name];
  if (route === undefined) throw new Error(`there is no endpoint "${name}"`);
  const all = Object.entries<Param<unknown>>(route.query ?? {});
  const own = all.filter(([each, param]) => !isFilter(each, param));
  const rows = rowsOf(own);
  const filters = all.length - own.length;
  if (filters > 0)
    rows.push(['[which sessions](api-questions.md#which-sessions)', '', filterWords(all)]);
  return table(['Parameter', 'Default', 'Meaning'], rows);
}

/** The parameters that choose sessions. */
export function filterTable(): string {
  return table(['Parameter', 'Default', 'Meaning'], rowsOf(Object.entries(filterParams as Params)));
}

/** Endpoints with parameters of their own, by name. */
export const namesWithParameters = Object.entries<Route>(routes)
  .filter(([, { query }]) => query !== undefined)
  .map(([name]) => name);

function isFilter(name: string, param: Param<unknown>): boolean {
  return Object.is((filterParams as Params)[name], param);
}

function filterWords(all: [string, Param<unknown>][]): string {
  const missing = Object.keys(filterParams).filter(
    (name) => !all.some(([each, param]) => each === name && isFilter(each, param)),
  );
  const except = missing.map((name) => `\`${name}\``).join(', ');
  return `Any parameter of that table${except === '' ? '' : ` but ${except}`}`;
}

function rowsOf(params: [string, Param<never> | Param<unknown>][]): string[][] {
  return params.map(([name, { description, accepted, many, required, presetText }]) => [
    `\`${name}\``,
    required ? 'required' : presetText === undefined ? '' : `\`${presetText}\``,
    `${description}${many ? ' (several)' : ''}: ${inShort(accepted)}`.replaceAll('|', '\\|'),
  ]);
}

/** What is accepted, with a link where it takes a sentence. */
function inShort(accepted: string): string {
  const link = (word: string) => `[${word}](api-questions.md#instants-and-durations)`;
  if (accepted.startsWith('an RFC 3339 time')) return link('instant');
  if (accepted.startsWith('a duration such as')) return link('duration');
  return accepted.replace(/^a text of 1 to (\d+) characters$/, 'text up to $1 characters');
}
