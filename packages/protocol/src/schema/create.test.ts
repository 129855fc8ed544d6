/** Create requests, state updates and crash reports as they are read. */
import { describe, expect, it } from 'vitest';
import { TachoError } from '../errors.ts';
import { limits } from '../limits.ts';
import { readCrash } from './crash.ts';
import { readCreate } from './create.ts';
import { readState } from './state.ts';

const nowUs = Date.UTC(2025, 5, 1) * 1000;

describe('a create request', () => {
  const least = { product: 'P', version: '1' };

  it('needs product and version, and says so in the words that users know', () => {
    expect(readCreate(least)).toEqual({ start: least });
    for (const body of [undefined, null, [], {}, { product: 'P' }, { ...least, version: '' }]) {
      expect(() => readCreate(body)).toThrow(/^Product and version are required fields: /);
    }
    expect(() => readCreate({ ...least, product: 7 })).toThrow('product is 7; expected a string');
  });

  it('may tell machine, boot, agent and state; what is empty was not told', () => {
    const body = { machine_id: 'm', hostname: 'h', boot_id: 'b', agent_id: 'a', state: { x: 1 } };
    expect(readCreate({ ...least, ...body }).start).toEqual({
      ...least,
      machineId: 'm',
      hostname: 'h',
      bootId: 'b',
      agentId: 'a',
      state: { x: 1 },
    });
    expect(readCreate({ ...least, machine_id: '', hostname: null }).start).toEqual(least);
  });

  it('takes the state under its older name, and the newer name first', () => {
    const state = (body: object) => readCreate({ ...least, ...body }).start.state;
    expect(state({ initial_state: { y: 1 } })).toEqual({ y: 1 });
    expect(state({ initial_state: { y: 1 }, state: { x: 1 } })).toEqual({ x: 1 });
  });

  it('may bring its own id, a UUID of any version', () => {
    const id = '550E8400-E29B-71D4-A716-446655440000';
    expect(readCreate({ ...least, id }).id).toBe(id.toLowerCase());
    expect(() => readCreate({ ...least, id: '550e8400' })).toThrow('id is "550e8400"');
  });

  it('is told when an optional field is wrong', () => {
    expect(() => readCreate({ ...least, hostname: 3 })).toThrow('hostname is 3');
    expect(() => readCreate({ ...least, version: 'v'.repeat(201) })).toThrow(
      'version has 201 characters; expected at most 200',
    );
  });
});

describe('a state update', () => {
  const read = (body: unknown) => readState(body, nowUs);

  it('is wrapped only when nothing else could be meant', () => {
    expect(read({ state: { a: 1 } })).toEqual({ patch: { a: 1 } });
    expect(read({ state: { a: 1 }, timestamp: 2000 })).toEqual({
      patch: { a: 1 },
      atUs: 2_000_000,
    });
    expect(read({ state: { a: 1 }, timestamp: null })).toEqual({ patch: { a: 1 } });
  });

  it.each([
    { state: 'running' },
    { state: null },
    { state: [1] },
    { timestamp: 123 },
    { state: { a: 1 }, other: 1 },
    { timestamp: 'lunch', state: null },
    {},
  ])('%j is plain state', (body) => {
    expect(read(body)).toEqual({ patch: body });
  });

  it('may be nothing at all, but no array or scalar', () => {
    expect(read(null)).toEqual({ patch: {} });
    expect(read(undefined)).toEqual({ patch: {} });
    for (const body of [[], 'a', 1, true])
      expect(() => read(body)).toThrow('expected a JSON object');
  });

  it('with a wrong time is refused when it is wrapped', () => {
    expect(() => read({ state: {}, timestamp: 'lunch' })).toThrow('timestamp is "lunch"');
  });

  it('is bounded in size and depth', () => {
    const large = { a: 'x'.repeat(limits.stateBytesMax - '{"a":""}'.length) };
    expect(read(large).patch).toBe(large);
    expect(() => read({ a: `${large.a}x` })).toThrow(TachoError);
    expect(() => read({ state: { b: large.a } })).not.toThrow();
    let deep: object = {};
    for (let i = 1; i < limits.jsonDepthMax; i++) deep = { deep };
    expect(read(deep).patch).toBe(deep);
    expect(() => read({ deep })).toThrow('nested too deep');
  });
});

describe('a crash report', () => {
  it.each([
    [undefined, 'abnormal_termination'],
    [null, 'abnormal_termination'],
    ['boom', 'abnormal_termination'],
    [[], 'abnormal_termination'],
    [{ reason: 7 }, 'abnormal_termination'],
    [{}, ''],
    [{ reason: null }, ''],
    [{ reason: 'parent_process_terminated' }, 'parent_process_terminated'],
  ])('%j has the reason "%s"', (body, reason) => {
    expect(readCrash(body)).toEqual({ reason });
  });

  it('is never refused for a long reason', () => {
    expect(readCrash({ reason: '🙂'.repeat(2000) }).reason).toBe(
      '🙂'.repeat(limits.reasonLengthMax),
    );
  });
});
