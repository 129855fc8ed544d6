/** The example for Grafana: every question of its dashboard is answered with data from the demo. */
import { readFileSync } from 'node:fs';
import jsonata from 'jsonata';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { fillStore } from '../../packages/server/src/demo/fill.ts';
import { Harness, type Json, startUs } from '../../packages/server/src/http/testing/harness.ts';
import { openSqlite } from '../../packages/server/src/store/sqlite/sqlite.ts';
import { temporaryDirectory } from '../whole/server.ts';

const read = (path: string): string =>
  readFileSync(new URL(`../../examples/grafana/${path}`, import.meta.url), 'utf8');

interface Target {
  datasource: { type: string; uid: string };
  expr?: string;
  instant?: boolean;
  format?: string;
  url?: string;
  root_selector?: string;
  columns?: { selector: string }[];
  target?: string;
}

interface Panel {
  title: string;
  datasource: { uid: string };
  targets: Target[];
}

const dashboard: { panels: Panel[]; templating: { list: Json[] } } = JSON.parse(
  read('dashboards/tacho.json'),
);

/** A week before the clock of the server, in steps as Grafana would choose them for a wide panel. */
const [toMs, weekMs, stepMs] = [startUs / 1000, 604_800_000, 600_000];
const range = { from: new Date(toMs - weekMs).toISOString(), to: new Date(toMs).toISOString() };

/** What Grafana puts in for the variables of a question. */
function filled(text: string): string {
  const values: Record<string, string> = {
    ...{ __rate_interval: '11m', __interval: '10m', __range: '7d', product: '.*' },
    ...{ __from: String(toMs - weekMs), __to: String(toMs) },
  };
  return text.replaceAll(/\$(?:(\w+)|\{(\w+)\})/g, (all, bare?: string, braced?: string) => {
    // A function of JSONata looks like a variable.
    return values[bare ?? braced ?? ''] ?? all;
  });
}

async function demo(): Promise<Harness> {
  const dir = temporaryDirectory('tacho-grafana-');
  const log = pino({ level: 'silent' });
  const server = await Harness.start({}, (options) =>
    openSqlite({ dir, log, local: true, ...options }),
  );
  await fillStore(server.store, { seed: 1, sessions: 40, untilUs: startUs });
  return server;
}

it('has data in every panel', { timeout: 60_000 }, async () => {
  const server = await demo();
  const seen = new Set<string>();
  for (const { title, targets } of dashboard.panels) {
    expect(targets.length, title).toBeGreaterThan(0);
    for (const target of targets) {
      const count = await points(server, target, title);
      expect(count, title).toBeGreaterThan(0);
      seen.add(target.datasource.type);
    }
  }
  expect([...seen].sort()).toEqual([
    'prometheus',
    'simpod-json-datasource',
    'yesoreyeram-infinity-datasource',
  ]);
  const [product] = dashboard.templating.list;
  const [, metric = '', label] = /^label_values\((\w+), (\w+)\)$/.exec(product.query.query) ?? [];
  const answer = await server.ask(`/api/v1/label/${label}/values?match%5B%5D=${metric}`);
  expect(answer.json.data).toEqual(['checkout-api', 'emberline', 'rig-nightly']);
});

/** How many points or rows a question of a panel is answered with. */
async function points(server: Harness, target: Target, title: string): Promise<number> {
  switch (target.datasource.type) {
    case 'prometheus': {
      const { result } = await prometheus(server, target);
      return result.flatMap(({ value, values }: Json) => values ?? [value]).length;
    }
    case 'yesoreyeram-infinity-datasource':
      return (await infinity(server, target, title)).length;
    default: {
      const body = { range, intervalMs: stepMs, maxDataPoints: 1_000, targets: [target] };
      const answer = await server.post('/api/grafana/query', body);
      expect(answer.status, answer.text).toBe(200);
      return answer.json.flatMap(({ datapoints }: Json) => datapoints).length;
    }
  }
}

/** As Grafana's data source sends it: a form, times in seconds. */
async function prometheus(server: Harness, { expr = '', instant }: Target): Promise<Json> {
  const time = { time: String(toMs / 1000) };
  const times = {
    start: String((toMs - weekMs) / 1000),
    end: time.time,
    step: String(stepMs / 1000),
  };
  const answer = await server.ask(`/api/v1/${instant ? 'query' : 'query_range'}`, {
    method: 'POST',
    body: String(new URLSearchParams({ query: filled(expr), ...(instant ? time : times) })),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(answer.status, answer.text).toBe(200);
  return answer.json.data;
}

/** Rows by the selector, each with something in every column of one of them at least. */
async function infinity(
  server: Harness,
  { url = '', root_selector: root = '', columns = [] }: Target,
  title: string,
): Promise<Json[]> {
  const answer = await server.ask(filled(url));
  expect(answer.status, answer.text).toBe(200);
  const rows = [await jsonata(root).evaluate(answer.json)].flat();
  for (const { selector } of columns) {
    const values = await jsonata(selector).evaluate(rows);
    expect(
      [values].flat().filter((value) => value != null).length,
      `${title}: ${selector}`,
    ).toBeGreaterThan(0);
  }
  return rows;
}

it('names only data sources that it provisions', () => {
  const { datasources } = parse(read('provisioning/datasources/tacho.yaml'));
  const known = datasources.map(({ uid, type }: Json) => `${type} ${uid}`);
  const { panels, templating } = dashboard;
  const used = [...panels, ...panels.flatMap(({ targets }) => targets), ...templating.list];
  for (const { datasource } of used as Json[]) {
    expect(known).toContain(`${datasource.type} ${datasource.uid}`);
  }
  const { providers } = parse(read('provisioning/dashboards/tacho.yaml'));
  expect(providers[0]).toMatchObject({ type: 'file' });
});
