/** Bodies for fuzzing: right ones for every route, and what goes wrong with them. */
import fc from 'fast-check';

/** A value that no JSON document of ours should hold there, or that is at the edge of it. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, '', ' ', 0, -0, -1, 1.5, 1e308, 5e-324, 2 ** 53),
  fc.constantFrom<unknown>([], {}, [[]], [null], { a: { b: [] } }, '\ud800', '\u0000', '\u202e'),
  fc.constantFrom<unknown>('NaN', 'Infinity', '-Infinity', '+Inf', 'inf', '1e999', '0x10', '12'),
  fc.constantFrom<unknown>('2026-01-01T00:00:00Z', '2026-13-99', '0000-00-00T00:00:00Z', 'now'),
  fc.constantFrom<unknown>('__proto__', 'constructor', 'toString', {
    constructor: { prototype: 1 },
  }),
  fc.constantFrom<unknown>(raw('NaN'), raw('-Infinity'), raw('1e999'), raw('01'), raw('undefined')),
  fc.constantFrom<unknown>(raw('123456789012345678901234567890'), raw('{"__proto__":{"x":1}}')),
  fc.constantFrom<unknown>(raw('"\\ud800"'), raw('"\\u0000"'), raw('1.0000000000000000000001')),
  fc.integer({ min: 0, max: 3_000 }).map((n) => 'x'.repeat(n)),
  fc.jsonValue({ maxDepth: 3 }),
);

/** JSON text that JSON.stringify would not write; see `toText`. */
function raw(text: string): unknown {
  return `\u0001raw:${text}\u0001`;
}

/** JSON text with raw pieces as they are. */
export function toText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.replace(/"\\u0001raw:((?:[^"\\]|\\.)*?)\\u0001"/g, (_, inner: string) => {
    return JSON.parse(`"${inner}"`) as string;
  });
}

const name = fc.oneof(
  fc.constantFrom('cpu_percent', 'fps', 'http.requests', 'ü:☃', 'a b'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
);
const tags = fc.array(fc.constantFrom('a', 'b', 'k:v', 'ünï', ''), { maxLength: 4 });
const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
const type = fc.constantFrom('gauge', 'counter', 'histogram', 'timer');
const instant = fc
  .date({ min: new Date('2026-01-01'), max: new Date('2026-12-01'), noInvalidDate: true })
  .map((date) => date.toISOString());

const metric = fc.record(
  {
    name,
    value,
    type,
    tags,
    unit: fc.constantFrom('ms', '', 'MB'),
    timestamp: instant,
    count: fc.nat(),
  },
  { requiredKeys: ['name', 'value'] },
);
const event = fc.record(
  {
    name,
    level: fc.constantFrom('debug', 'info', 'warning', 'error', 'critical'),
    category: fc.string({ maxLength: 20 }),
    group: fc.string({ maxLength: 20 }),
    labels: tags,
    message: fc.string({ unit: 'grapheme', maxLength: 200 }),
    data: fc.dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 5,
    }),
    timestamp: instant,
    exception_type: fc.string({ maxLength: 20 }),
    stacktrace: fc.array(fc.string({ maxLength: 40 }), { maxLength: 5 }),
    source_line: fc.nat(),
  },
  { requiredKeys: ['name'] },
);
const state = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 3 }), {
  maxKeys: 6,
});

/** A batch for `/api/ingest` that names these sessions. */
function ingest(session: string): fc.Arbitrary<unknown> {
  const stamped = { session: fc.constant(session), at: instant };
  const entry = fc.oneof(
    fc.record({ kind: fc.constant('metric'), ...stamped, name, value, tags }),
    fc.record({ kind: fc.constant('event'), ...stamped, name }),
    fc.record({ kind: fc.constant('patch'), ...stamped, patch: state }),
    fc.record({ kind: fc.constant('heartbeat'), ...stamped }),
    fc.record({ kind: fc.constant('start'), ...stamped, product: name, version: name }),
    fc.integer({ min: 1, max: 20 }).chain((rows) =>
      fc.record({
        kind: fc.constant('columns'),
        session: fc.constant(session),
        startMs: fc.constant(1_790_000_000_000),
        times: fc.array(fc.nat(1_000_000), { minLength: rows, maxLength: rows }),
        series: fc.array(
          fc.record({ name, type, values: fc.array(value, { minLength: rows, maxLength: rows }) }),
          { minLength: 1, maxLength: 4 },
        ),
      }),
    ),
  );
  return fc.record({
    spoolId: fc.uuid(),
    seq: fc.integer({ min: 1, max: 1_000 }),
    entries: fc.array(entry, { minLength: 1, maxLength: 8 }),
  });
}

/** A request that is right: its path and body. */
export interface RightRequest {
  path: string;
  body: unknown;
}

/** Right requests to every writing route, for one of these sessions. */
export function rightRequest(sessions: readonly string[]): fc.Arbitrary<RightRequest> {
  return fc.constantFrom(...sessions).chain((id) => {
    const to = (what: string, body: fc.Arbitrary<unknown>): fc.Arbitrary<RightRequest> =>
      body.map((sent) => ({ path: `/api/sessions/${id}/${what}`, body: sent }));
    const create = fc.record(
      { product: name, version: name, hostname: name, id: fc.uuid({ version: 4 }), state },
      { requiredKeys: ['product', 'version'] },
    );
    return fc.oneof(
      create.map((body) => ({ path: '/api/sessions', body })),
      to('metrics', metric),
      to('metrics', fc.array(metric, { minLength: 1, maxLength: 20 })),
      to('events', event),
      to('events', fc.array(event, { minLength: 1, maxLength: 5 })),
      to('state', fc.oneof(state, fc.record({ state, timestamp: instant }))),
      to('heartbeat', fc.constant({})),
      to('end', fc.constant({})),
      to('crash', fc.record({ reason: fc.string() })),
      ingest(id).map((body) => ({ path: '/api/ingest', body })),
    );
  });
}

/** The same document with one value somewhere in it replaced, dropped, doubled or renamed. */
export function mutated(document: unknown): fc.Arbitrary<unknown> {
  return fc.tuple(fc.nat(), fc.nat(5), oddValue).map(([at, how, odd]) => {
    const places = placesOf(document);
    const place = places[at % places.length]!;
    return replaceAt(document, place, (before) => {
      if (how === 0) return undefined;
      if (how === 1) return [before, before];
      if (how === 2) return { value: before };
      return odd;
    });
  });
}

/** Damaged JSON text: cut, with a piece doubled, or with a stray piece in it. */
export function brokenText(text: string): fc.Arbitrary<string> {
  const stray = fc.constantFrom(
    ',',
    '}',
    '{',
    ']',
    '[',
    '"',
    '\\',
    ':',
    '\u0000',
    "'",
    '//',
    'NaN',
    '\n',
  );
  return fc.tuple(fc.nat(text.length), fc.nat(2), stray).map(([at, how, piece]) => {
    if (how === 0) return text.slice(0, at);
    if (how === 1) return text.slice(0, at) + text.slice(at >> 1);
    return text.slice(0, at) + piece + text.slice(at);
  });
}

/** Nesting of any depth, as a value somewhere in a body, or as the whole of it. */
export const deepText: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(10, 63, 64, 65, 1_000, 20_000, 300_000), fc.nat(3), fc.boolean())
  .map(([depth, where, closed]) => {
    const object = where % 2 === 1;
    const nested = (object ? '{"a":' : '[').repeat(depth) + (object ? '1' : '');
    const whole = closed ? nested + (object ? '}' : ']').repeat(depth) : nested;
    return where < 2 ? whole : `{"name":"deep","value":1,"state":${whole},"data":${whole}}`;
  });

/** Bodies that are large in one way or another, up to and beyond the limits. */
export const hugeText: fc.Arbitrary<string> = fc
  .tuple(fc.nat(6), fc.constantFrom(1, 10, 100))
  .map(([kind, scale]) => {
    const many = 120 * scale;
    if (kind === 0) return `{"name":"${'n'.repeat(many * 100)}","value":1}`;
    if (kind === 1) return `[${'{"name":"m","value":1},'.repeat(many)}{"name":"m","value":1}]`;
    if (kind === 2) return `{"name":"e","data":{${keys(many * 5)}}}`;
    if (kind === 3) return `{"name":"m","value":1,"tags":[${'"t",'.repeat(many)}"t"]}`;
    if (kind === 4) return `{"name":"m","value":${'9'.repeat(many * 20)}}`;
    if (kind === 5) return `{"state":{"text":"${'ü'.repeat(many * 100)}"}}`;
    return `${' '.repeat(many * 1_500)}{}`;
  });

/** Bytes that are not UTF-8, alone or inside a string. */
export const badUtf8: fc.Arbitrary<Buffer> = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.nat(3))
  .map(([bytes, how]) => {
    if (how === 0) return Buffer.from(bytes);
    const bad = how === 1 ? Buffer.from([0xc0, 0x80, 0xed, 0xa0, 0x80, 0xff]) : Buffer.from(bytes);
    return Buffer.concat([Buffer.from('{"name":"'), bad, Buffer.from('","value":1}')]);
  });

function keys(count: number): string {
  return Array.from({ length: count }, (_, i) => `"k${i}":${i}`).join(',');
}

type Place = readonly (string | number)[];

/** Every place in a document, the document itself included; bounded, documents may be large. */
function placesOf(document: unknown): Place[] {
  const placesMax = 500;
  const places: Place[] = [[]];
  for (let i = 0; i < places.length && places.length < placesMax; i += 1) {
    const inner = valueAt(document, places[i]!);
    if (typeof inner !== 'object' || inner === null) continue;
    for (const key of Object.keys(inner)) places.push([...places[i]!, key]);
  }
  return places;
}

function valueAt(document: unknown, place: Place): unknown {
  return place.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document);
}

function replaceAt(
  document: unknown,
  place: Place,
  replace: (before: unknown) => unknown,
): unknown {
  const [key, ...rest] = place;
  if (key === undefined) return replace(document);
  const copy = Array.isArray(document) ? [...document] : { ...(document as object) };
  const at = copy as Record<string, unknown>;
  at[key] = replaceAt(at[key], rest, replace);
  return copy;
}
