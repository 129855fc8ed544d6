/** The table of endpoints: what it promises to servers and documents. */
import Value from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { errorTable } from './errors.ts';
import { readParams } from './params.ts';
import { allowedMethods, type Route, routeGroups, routes } from './routes.ts';

const table = Object.values<Route>(routes);

describe('the table of endpoints', () => {
  it('names the method and path of an endpoint once', () => {
    const names = table.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has every endpoint in exactly one group', () => {
    const grouped = routeGroups.flatMap((group) => Object.entries(group.routes));
    expect(Object.fromEntries(grouped)).toEqual(routes);
    expect(grouped).toHaveLength(table.length);
  });

  it('shows only example queries that are understood', () => {
    for (const { query, form, example, path } of table) {
      const given = new URLSearchParams(example ?? '');
      expect(() => readParams(query ?? form ?? {}, given, 2e15), path).not.toThrow();
    }
  });

  it('knows which methods a path takes', () => {
    expect(allowedMethods('/api/sessions')).toEqual(['GET', 'HEAD', 'POST']);
    expect(allowedMethods('/api/sessions/550e8400')).toEqual(['DELETE', 'GET', 'HEAD']);
    expect(allowedMethods('/api/sessions/550e8400/metrics')).toEqual(['GET', 'HEAD', 'POST']);
    expect(allowedMethods('/api/data/sessions')).toEqual(['GET', 'HEAD']);
    expect(allowedMethods('/api/sessions/')).toEqual([]);
    expect(allowedMethods('/api/sessions/550e8400/secrets')).toEqual([]);
  });

  it('promises for bad fields only where there are parameters or a body', () => {
    for (const { method, request, query, form, errors, path } of table) {
      // A GET or DELETE without parameters refuses the ones that it is given.
      const hasFields = request !== undefined || (query ?? form) !== undefined || method !== 'POST';
      expect(hasFields || !errors.includes('invalid_field'), path).toBe(true);
      // Batches of agents, of exports and of foreign dialects have a form of their own.
      const isBatch = /\/(ingest|import)$/.test(path) || request?.type !== undefined;
      expect(request?.many ?? false, path).toBe(errors.includes('too_many_items') && !isBatch);
    }
  });

  it('accounts for every error but that of methods that are not in it', () => {
    const used = new Set(table.flatMap(({ errors }) => [...errors]));
    const unused = Object.keys(errorTable).filter((code) => !used.has(code as never));
    expect(unused.sort()).toEqual(['method_not_allowed']);
  });

  it('answers a write with exactly {"success":true}', () => {
    const { schema } = routes.logMetric.reply;
    expect(Value.Check(schema, { success: true })).toBe(true);
    expect(Value.Check(schema, { success: false })).toBe(false);
    expect(Value.Check(schema, { success: true, status: 'ok' })).toBe(false);
  });
});
