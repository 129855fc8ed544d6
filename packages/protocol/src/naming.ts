/** Naming advice: what would make a metric easier to find, read and compare; never a refusal. */
import { splitUnit, type Unit, unitOf, wordsOf } from './unit.ts';

/** One piece of advice about a metric. */
export interface Advice {
  /** Stable name of the rule, a key of `namingRules`. */
  readonly id: NamingRule;
  /** A sentence that says what to do instead. */
  readonly message: string;
}

/** Every rule by its stable id, and why it is one. The naming guide is made of these. */
export const namingRules = {
  'unit-missing':
    'A duration, size, temperature or speed without a unit cannot be read: seconds or milliseconds, bytes or MiB? Put it at the end of the name or into the unit field.',
  'unit-conflict':
    'The name ends in one unit and the unit field says another, so one of them is wrong. The field wins.',
  'name-vague':
    'A name such as time, value or db_ms does not say what was measured. Name the thing and its quantity.',
  'name-abbreviated':
    'An abbreviation such as mem beside memory elsewhere makes two metrics of one. Write words out; units may be short.',
  'name-style':
    'Names are compared letter by letter. Lower-case words joined by underscores or dots are what others write, too.',
  'tag-in-name':
    'A method, endpoint or status in the name makes a metric per combination, and none for the whole. Tags make one metric that can be split or summed.',
  'id-in-name':
    'A number or id in the name makes a new metric for each one. Put it into a tag, or into an event.',
  'type-in-name':
    'The type travels beside the name; a name that repeats it becomes wrong when the type changes.',
  'tag-unbounded':
    'Every value of a tag is a series of its own. Ids, times and addresses have no end; put them into an event.',
} as const;

/** Id of a naming rule. */
export type NamingRule = keyof typeof namingRules;

/**
 * What could be better about a metric's name, unit ('' = none) and tags, in the order of
 * `namingRules`, each rule at most once; nothing when all is well. The same input gives the same
 * advice.
 */
export function namingAdvice(name: string, unit = '', tags: readonly string[] = []): Advice[] {
  const checks: Record<NamingRule, string | undefined> = {
    'unit-missing': unitMissing(name, unit),
    'unit-conflict': unitConflict(name, unit),
    'name-vague': nameVague(name),
    'name-abbreviated': nameAbbreviated(name),
    'name-style': nameStyle(name),
    'tag-in-name': tagInName(name),
    'id-in-name': idInName(name),
    'type-in-name': typeInName(name),
    'tag-unbounded': tagUnbounded(tags),
  };
  return (Object.keys(checks) as NamingRule[]).flatMap((id) => {
    const message = checks[id];
    return message === undefined ? [] : [{ id, message }];
  });
}

/** The last word is a quantity that has a unit, and none is given. */
function unitMissing(name: string, unit: string): string | undefined {
  if (unitOf(name, unit) !== undefined) return undefined;
  const [last = '', before] = wordsOf(name).reverse();
  const quantity = quantities.get(last);
  if (quantity === undefined) return undefined;
  // The size of a queue is a number of things.
  if (extents.has(last) && before !== undefined && !measuredInBytes.has(before)) return undefined;
  const [first, second] = quantity.map((suffix) => snakeCase(name) + suffix);
  return `Add a unit to ${name}: call it ${first} or ${second}, or send the unit field.`;
}

/** The unit of the name differs from that of the field. */
function unitConflict(name: string, field: string): string | undefined {
  const named = splitUnit(name).unit;
  const sent = unitOf('', field);
  // A count of anything may have any unit: requests_total in requests.
  if (named === undefined || sent === undefined || named.dimension === 'count') return undefined;
  if (sameUnit(named, sent)) return undefined;
  return `The name ${name} says ${named.id} and the unit field says ${field}: make them agree.`;
}

/** Nothing but a unit, one word that fits anything, or a component without what is measured of it. */
function nameVague(name: string): string | undefined {
  const { words, unit } = splitUnit(name);
  const [word] = words;
  // job_count is clear, job_ms is not.
  const counted = unit?.dimension === 'count';
  const vague = word === undefined || fillers.has(word) || (components.has(word) && !counted);
  if (words.length > 1 || !vague) return undefined;
  return `Say what ${name} measures: name the thing and its quantity, as in api_response_time_ms or memory_usage_mb.`;
}

function nameAbbreviated(name: string): string | undefined {
  const short = wordsOf(name).find((word) => abbreviations.has(word));
  return short === undefined ? undefined : `Write ${abbreviations.get(short)} instead of ${short}.`;
}

function nameStyle(name: string): string | undefined {
  if (/^[a-z][a-z0-9]*([._][a-z0-9]+)*$/.test(name)) return undefined;
  const better = snakeCase(name);
  // Names in other alphabets have no such style, and an empty suggestion helps nobody.
  if (better === name || !/^[a-z]/.test(better)) return undefined;
  return `Write ${better}: lower-case words joined by underscores or dots.`;
}

/** A name about requests with a method or status among its words, as in http_requests_users_get. */
function tagInName(name: string): string | undefined {
  const { words } = splitUnit(name);
  const methodAt = words.findIndex((word) => methods.has(word));
  const statusAt = words.findIndex((word) => /^[1-5](\d\d|xx)$/.test(word));
  const at = words.findLastIndex((word) => requestWords.has(word));
  if (at < 0 || (methodAt < 0 && statusAt < 0)) return undefined;
  const others = words.map((word, i) => (i === methodAt || i === statusAt ? '' : word));
  const endpoints = others.slice(at + 1).filter((word) => word !== '' && !quantities.has(word));
  const tags = endpoints.map((word) => `endpoint:${word}`);
  if (methodAt >= 0) tags.push(`method:${(words[methodAt] as string).toUpperCase()}`);
  if (statusAt >= 0) tags.push(`status:${words[statusAt]}`);
  const base = others
    .slice(0, at + 1)
    .filter((word) => word !== '')
    .join('_');
  const listed = tags.length === 1 ? `the tag ${tags[0]}` : `the tags ${tags.join(', ')}`;
  return `Use a tag: call it ${base} with ${listed}.`;
}

function idInName(name: string): string | undefined {
  const id = uuid.exec(name)?.[0] ?? wordsOf(name).find((word) => longId.test(word));
  return id === undefined
    ? undefined
    : `Take ${id} out of the name and put it into a tag or an event.`;
}

function typeInName(name: string): string | undefined {
  const type = wordsOf(name).find((word) => typeWords.has(word));
  return type === undefined ? undefined : `Leave ${type} out of the name; the type field says it.`;
}

function tagUnbounded(tags: readonly string[]): string | undefined {
  const tag = tags.find((candidate) => {
    const value = candidate.slice(candidate.indexOf(':') + 1);
    return uuid.test(value) || longId.test(value) || instant.test(value) || address.test(value);
  });
  if (tag === undefined) return undefined;
  return `The tag ${tag} looks like one of very many: use few values per tag, and an event for the rest.`;
}

function sameUnit(a: Unit, b: Unit): boolean {
  return a.id === b.id && a.dimension === b.dimension && a.factor === b.factor;
}

/** Lower-case words joined by underscores; dots stay, they separate namespaces. */
function snakeCase(name: string): string {
  return name
    .split('.')
    .map((part) => wordsOf(part).join('_'))
    .filter((part) => part !== '')
    .join('.');
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
/** Five digits and more, or a long hexadecimal number with digits and letters. */
const longId = /^(\d{5,}|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{12,})$/i;
const instant = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/;
const address = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

const wordSet = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Quantities that mean nothing without a unit, with two units to suggest. */
const quantities = new Map<string, readonly [string, string]>();
for (const [quantity, first, second] of [
  ['time duration latency elapsed delay lag age uptime timeout wait interval', '_seconds', '_ms'],
  ['memory mem heap rss size length disk storage footprint', '_bytes', '_mb'],
  ['temperature temp', '_celsius', '_kelvin'],
  ['bandwidth throughput', '_bytes_per_second', '_bits_per_second'],
  ['distance', '_meters', '_km'],
  ['weight mass', '_grams', '_kg'],
  ['usage utilization utilisation', '_percent', '_bytes'],
] as const) {
  for (const word of wordSet(quantity)) quantities.set(word, [first, second]);
}

/** Quantities that are a number of things unless they are of something measured in bytes. */
const extents = wordSet('size length');
const measuredInBytes = wordSet(
  'file body payload message packet object image page disk heap stack upload download response ' +
    'request log database content document',
);

const fillers = wordSet(
  'time mem value values data number num total count counter metric stat stats result amount ' +
    'level rate usage test temp tmp foo bar x y n misc other info',
);
const components = wordSet(
  'db database api app http net network io cache server client service sql gpu job task',
);

const abbreviations = new Map(
  (
    'mem memory resp response req request reqs requests cnt count conn connection conns connections ' +
    'msg message msgs messages err error errs errors dur duration lat latency proc process ' +
    'procs processes usr user usrs users temp temperature util utilization qty quantity tmp temporary'
  )
    .match(/\S+ \S+/g)
    ?.map((pair) => pair.split(' ') as [string, string]),
);

const requestWords = wordSet('http https request requests call calls rpc response responses');
const methods = wordSet('get post put delete patch');
const typeWords = wordSet('gauge counter histogram timer metric metrics');
