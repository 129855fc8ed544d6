/** Many sessions on a server under test: programs that run, fail and end as the test wants. */
import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import { expect } from 'vitest';
import type { Harness, Json } from './harness.ts';

/** What one run does, in this order. */
export interface Run {
  product?: string;
  version?: string;
  machine_id?: string;
  hostname?: string;
  state?: Record<string, unknown>;
  events?: Record<string, unknown>[];
  metrics?: Record<string, unknown>[];
  /** Seconds from the start to the end; 10 when absent. */
  seconds?: number;
  /** How it ends; `end` when absent, `hang` is a crash while hung, `none` leaves it active. */
  ending?: 'end' | 'crash' | 'hang' | 'none';
  /** Reason of a crash. */
  reason?: string;
}

/** Lets a program run; gives the id of its session. */
export async function run(server: Harness, what: Run = {}): Promise<string> {
  const { events = [], metrics = [], seconds = 10, ending = 'end', reason, ...start } = what;
  const id = await server.create({ ...start });
  const say = async (what: string, body: unknown): Promise<void> => {
    const answer = await server.post(`/api/sessions/${id}/${what}`, body);
    expect(answer.status, answer.text).toBe(200);
  };
  if (metrics.length > 0) await say('metrics', metrics);
  server.pass(seconds);
  for (const event of events) await say('events', event);
  if (ending === 'hang') await say('events', { name: 'application_appears_hung' });
  if (ending === 'end') await say('end', {});
  if (ending === 'crash' || ending === 'hang') await say('crash', { reason: reason ?? 'SIGSEGV' });
  return id;
}

/** Lets the same program run several times. */
export async function runs(server: Harness, count: number, what: Run = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await run(server, what));
  return ids;
}

/** Holds a reply against its schema, and refuses fields that the schema does not name. */
export function expectReply(schema: TSchema, reply: Json): void {
  const errors = [...Value.Errors(schema, reply)];
  expect(errors.slice(0, 3)).toEqual([]);
  expect(unnamed(schema as Form, reply, '')).toEqual([]);
}

interface Form {
  properties?: Record<string, Form>;
  patternProperties?: Record<string, Form>;
  items?: Form;
  anyOf?: Form[];
}

/** Fields of a value that its schema does not name, as paths. */
function unnamed(form: Form, value: Json, at: string): string[] {
  if (form.anyOf) {
    const found = form.anyOf.map((one) => unnamed(one, value, at));
    return found.sort((a, b) => a.length - b.length)[0] ?? [];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, i) => unnamed(form.items ?? {}, item, `${at}[${i}]`));
  }
  if (value === null || typeof value !== 'object' || form.patternProperties) return [];
  if (form.properties === undefined) return Object.keys(value).map((name) => `${at}.${name}`);
  return Object.entries(value).flatMap(([name, part]) => {
    const named = form.properties?.[name];
    return named === undefined ? [`${at}.${name}`] : unnamed(named, part, `${at}.${name}`);
  });
}
