/** What the documentation's reply matcher takes and what it reports. */
import { describe, expect, it } from 'vitest';
import { differences } from './match.ts';

const id = '550e8400-e29b-41d4-a716-446655440000';
const otherId = 'c0ffee00-0000-4000-8000-000000000001';

describe('differences', () => {
  it('finds none between equal replies', () => {
    expect(differences({ a: [1, 'x', null] }, { a: [1, 'x', null] }, '')).toEqual([]);
  });

  it('reports another value, a missing key, a key too many and another length', () => {
    expect(differences({ a: 1 }, { a: 2 }, '')).toHaveLength(1);
    expect(differences({ a: 1 }, {}, '')).toHaveLength(1);
    expect(differences({}, { a: 1 }, '')).toHaveLength(1);
    expect(differences([1], [1, 2], '')).toHaveLength(1);
    expect(differences([1], { 0: 1 }, '')).toHaveLength(1);
    expect(differences({ a: 1 }, [1], '')).toHaveLength(1);
  });

  it('takes any id or time that the commands did not name, and only ids and times', () => {
    expect(differences({ id }, { id: otherId }, '')).toEqual([]);
    expect(differences({ id }, { id: 'x' }, '')).toHaveLength(1);
    const shown = '2026-03-01T12:00:00.000Z';
    expect(differences(shown, '2027-01-01T00:00:00.123456Z', '')).toEqual([]);
    expect(differences(shown, '2027-01-01', '')).toHaveLength(1);
  });

  it('wants the very id or instant that the commands named', () => {
    expect(differences({ id }, { id: otherId }, `curl /${id}`)).toHaveLength(1);
    const shown = '2026-03-01T12:00:00.000Z';
    const commands = '{"timestamp": "2026-03-01T14:00:00+02:00"}';
    expect(differences(shown, '2027-01-01T00:00:00.000Z', commands)).toHaveLength(1);
    expect(differences(shown, shown, commands)).toEqual([]);
  });

  it('sees a lost digit of a large integer', () => {
    expect(differences(9007199254740993n, 9007199254740992n, '')).toHaveLength(1);
  });

  it('lets an ellipsis stand for any value, for further keys and for further items', () => {
    expect(differences({ a: '…' }, { a: 5 }, '')).toEqual([]);
    expect(differences({ a: 1, '…': '…' }, { a: 1, b: 2 }, '')).toEqual([]);
    expect(differences([1, '…'], [1, 2, 3], '')).toEqual([]);
    expect(differences([1, '…'], [], '')).toHaveLength(1);
  });
});
