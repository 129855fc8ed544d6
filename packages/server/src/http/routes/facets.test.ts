/** Facets over HTTP: values with counts, what sets bad sessions apart, and what a filter without a hit costs. */
import { routes } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { expectReply, runs } from '../testing/fleet.ts';
import { Harness, type Json } from '../testing/harness.ts';

const boss = { scene: { name: 'boss' }, level: 3 };

/** Of P: 2.0 dies in the boss scene, everything else ends well. Of Q: one that dies. */
async function fleet(): Promise<Harness> {
  const server = await Harness.start();
  await runs(server, 4, { version: '2.0', state: boss, ending: 'crash', machine_id: 'm1' });
  await runs(server, 3, { version: '2.0', state: { scene: { name: 'lobby' }, level: 3 } });
  await runs(server, 5, { version: '1.0', state: { scene: { name: 'lobby' } }, machine_id: 'm1' });
  await runs(server, 1, { product: 'Q', version: '0.1', ending: 'crash' });
  return server;
}

async function facets(server: Harness, query = ''): Promise<Json> {
  const answer = await server.ask(`/api/sessions/facets?${query}`);
  expect(answer.status, answer.text).toBe(200);
  expectReply(routes.sessionFacets.reply.schema, answer.json);
  return answer.json;
}

describe('values of a field', () => {
  it('are counted under the filter, by class', async () => {
    const server = await fleet();
    const reply = await facets(server, 'field=version&product=P');
    expect(reply.totals).toMatchObject({ sessions: 12, crashed: 4 });
    expect(reply.values).toEqual([
      {
        value: '2.0',
        parameter: { name: 'version', value: '2.0' },
        ...{ sessions: 7, healthy: 3, errored: 0, abnormal: 0, crashed: 4 },
      },
      {
        value: '1.0',
        parameter: { name: 'version', value: '1.0' },
        ...{ sessions: 5, healthy: 5, errored: 0, abnormal: 0, crashed: 0 },
      },
    ]);
    expect(reply).not.toHaveProperty('splits');
  });

  it('are those at a path of the state, with a parameter that finds them', async () => {
    const server = await fleet();
    const { values } = await facets(server, 'field=state:scene.name');
    expect(values.map(({ value, sessions }: Json) => [value, sessions])).toEqual([
      ['lobby', 8],
      ['boss', 4],
      [null, 1],
    ]);
    const { name, value } = values[1].parameter;
    const found = await server.ask(`/api/sessions?${name}=${encodeURIComponent(value)}`);
    expect(found.json.totals.sessions).toBe(4);
  });

  it('are names of events, of which one session may have several', async () => {
    const server = await fleet();
    await runs(server, 2, { events: [{ name: 'saved' }, { name: 'saved' }, { name: 'loaded' }] });
    const { values } = await facets(server, 'field=event&product=P');
    expect(values.map(({ value, sessions, crashed }: Json) => [value, sessions, crashed])).toEqual([
      ['session_crashed_detected', 4, 4],
      ['loaded', 2, 0],
      ['saved', 2, 0],
    ]);
    const some = await facets(server, 'field=event&prefix=SESSION_cr');
    expect(some.values).toMatchObject([
      { sessions: 5, parameter: { name: 'event', value: 'session_crashed_detected' } },
    ]);
  });

  it('complete what is being typed, in any case', async () => {
    const server = await fleet();
    const { values } = await facets(server, 'field=state:scene.name&prefix=BO');
    expect(values.map(({ value }: Json) => value)).toEqual(['boss']);
  });

  it('beyond the limit are counted', async () => {
    const server = await fleet();
    const reply = await facets(server, 'field=version&limit=1');
    expect(reply).toMatchObject({ values: [{ value: '2.0' }], values_left_out: 2 });
  });
});

describe('narrowing down', () => {
  it('names what the bad sessions have and the good ones have not', async () => {
    const server = await fleet();
    const { splits } = await facets(server, 'product=P');
    expect(splits).toMatchObject({ between: 'bad_and_good', inside: 4, outside: 8 });
    const [scene, version, ...others] = splits.values;
    expect(scene).toMatchObject({
      field: 'state:scene.name',
      value: 'boss',
      parameter: { name: 'state', value: 'scene.name=boss' },
      ...{ inside: 4, outside: 0, inside_share: 1, outside_share: 0, phi: 1 },
    });
    // Level 3 and version 2.0 were the same sessions.
    expect([version.field, others[0].field].sort()).toEqual(['state:level', 'version']);
    expect(version).toMatchObject({ inside: 4, outside: 3, outside_share: 3 / 8 });
    expect(version.phi).toBeCloseTo((4 * 5) / Math.sqrt(4 * 8 * 7 * 5), 12);
  });

  it('compares a result that is all bad with the rest of its products', async () => {
    const server = await fleet();
    const { splits } = await facets(server, 'product=P&outcome=crashed');
    expect(splits).toMatchObject({ between: 'result_and_rest', inside: 4, outside: 8 });
    expect(splits.values[0]).toMatchObject({ value: 'boss', phi: 1 });
  });

  it('has nothing to say where there is nothing to compare', async () => {
    const server = await fleet();
    expect((await facets(server, 'product=Q')).splits).toBeNull();
    expect(await facets(await Harness.start())).toMatchObject({
      splits: null,
      totals: { sessions: 0 },
    });
  });
});

describe('a filter without a hit', () => {
  it('says for each of its parts what would be found without it', async () => {
    const server = await fleet();
    const query = 'product=Q&outcome=healthy&state=level=3&state=!gone&field=version';
    const reply = await facets(server, query);
    expect(reply).toMatchObject({ values: [], totals: { sessions: 0 } });
    expect(reply.if_removed).toEqual([
      { name: 'product', sessions: 3 },
      { name: 'outcome', sessions: 0 },
      { name: 'state', value: 'level=3', sessions: 0 },
      { name: 'state', value: '!gone', sessions: 0 },
    ]);
  });

  it('with a hit says nothing of that', async () => {
    expect(await facets(await fleet(), 'product=Q')).not.toHaveProperty('if_removed');
  });
});

it.each([
  ['field=size', 'field is "size"; expected one of product, version, machine'],
  ['field=state:', 'field is "state:"; expected'],
  ['field=state:a=b', 'field is "state:a=b"; expected'],
  ['field=event&event=x', 'field is "event" while the parameter event is given'],
  ['prefix=', 'prefix is empty; expected'],
  ['limit=1001', 'limit is "1001"; expected a whole number from 1 to 1000'],
  ['version=', 'version is empty'],
])('facets refuse %s', async (query, details) => {
  const server = await Harness.start();
  const answer = await server.ask(`/api/sessions/facets?${query}`);
  expect(answer.status).toBe(400);
  expect(answer.json.details).toContain(details);
});
