/** Questions for fuzzing: every reading endpoint of the table, with parameters right, wrong and odd. */
import { type Param, type Route, routes } from '@tacho/protocol';
import fc from 'fast-check';
import { acceptedValues, nonsenseFor } from '../../packages/server/src/http/testing/values.ts';

/** A question: where to send it, and what to expect of its answer's end. */
export interface FuzzQuestion {
  method: 'GET' | 'HEAD';
  /** With the query. */
  path: string;
  /** The answer goes on until the asker hangs up. */
  endless: boolean;
}

const reads = Object.values<Route>(routes).filter(({ method }) => method === 'GET');
/** What gives the whole store back has a share of its own, because each takes its time. */
const small = reads.filter(
  (route) => !route.reply.streamed || isEndless(route) || route.path.includes('{'),
);

/** Paths of the endpoints that give everything back. */
export const wholePaths = reads.filter((route) => !small.includes(route)).map(({ path }) => path);

/** Any question to one of the endpoints, most of them about one of these sessions. */
export function anyQuestion(sessions: readonly string[]): fc.Arbitrary<FuzzQuestion> {
  return fc.constantFrom(...small).chain((route) =>
    fc.record({
      method: fc.constantFrom<'GET' | 'HEAD'>('GET', 'GET', 'GET', 'HEAD'),
      path: fc.tuple(pathOf(route, sessions), queryOf(route)).map((parts) => parts.join('?')),
      endless: fc.constant(isEndless(route)),
    }),
  );
}

function pathOf({ path }: Route, sessions: readonly string[]): fc.Arbitrary<string> {
  const name = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...sessions) },
    { weight: 1, arbitrary: fc.uuid() },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }) },
  );
  return name.map((value) => path.replaceAll(/\{\w+\}/g, safely(value)));
}

/** Escaped, also where a text is no Unicode. */
function safely(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

function queryOf(route: Route): fc.Arbitrary<string> {
  const params = Object.entries<Param<unknown>>(route.query ?? {});
  const needed = params
    .filter(([, param]) => param.required)
    .map(([name, param]) => `${name}=${safely(acceptedValues(name, param)[0] as string)}`);
  const pair = fc.oneof(
    { weight: 12, arbitrary: pairOf(params) },
    { weight: 1, arbitrary: fc.tuple(fc.string(), fc.string()) },
    { weight: 1, arbitrary: fc.constantFrom<[string, string]>(['__proto__', '1'], ['', '']) },
  );
  const escaped = fc
    .array(pair, { maxLength: 5 })
    .map((pairs) => pairs.map(([name, value]) => `${safely(name)}=${safely(value)}`));
  // Sometimes as a careless client would write it: not escaped at all.
  const raw = fc.stringMatching(/^[!-"$-~]{0,80}$/).map((text) => [text]);
  return fc
    .tuple(
      fc.oneof({ weight: 9, arbitrary: escaped }, { weight: 1, arbitrary: raw }),
      fc.integer({ min: 0, max: 9 }),
    )
    .map(([pairs, luck]) => (luck === 0 ? pairs : [...needed, ...pairs]).join('&'));
}

/** A parameter of the endpoint with a value: mostly one that it takes. */
function pairOf(params: [string, Param<unknown>][]): fc.Arbitrary<[string, string]> {
  if (params.length === 0) return fc.constant(['limit', '1']);
  return fc
    .constantFrom(...params)
    .chain(([name, param]) =>
      fc
        .oneof(
          { weight: 6, arbitrary: fc.constantFrom(...acceptedValues(name, param)) },
          { weight: 1, arbitrary: fc.constantFrom(...nonsenseFor(param)) },
          { weight: 2, arbitrary: oddText },
        )
        .map((value): [string, string] => [name, value]),
    );
}

const oddText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('Fuzz', '1', 'cpu_percent', 'k:v', 'ü:☃', 'now', '-1d', '0', '-0', '1e308'),
  fc.constantFrom('a.b.c', 'a=1', 'a!=', '!a', 'a<1', '\u0000', '%', '*', '"', "'", ';--', '../..'),
  fc.constantFrom('1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '253402300799999', '-999999w'),
  fc.integer().map(String),
  fc.double().map(String),
);

/** Whether the answer of an endpoint goes on for as long as somebody reads. */
function isEndless({ reply }: Route): boolean {
  return reply.type === 'text/event-stream';
}
