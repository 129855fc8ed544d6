/** Instants of a session, as people name them. */
import { describe, expect, it } from 'vitest';
import type { SessionRow } from './session-text.ts';
import { instantOf, momentOf } from './when.ts';

const look = { width: 80, isColored: false, isUtc: true };
const session = {
  created_at: '2026-03-01T14:03:20.500Z',
  ended_at: '2026-03-02T02:00:00.000Z',
} as SessionRow;

describe('an instant of a session', () => {
  it.each([
    ['14:03:30', '2026-03-01T14:03:30.000Z'],
    ['15:00', '2026-03-01T15:00:00.000Z'],
    ['1:30:00.25', '2026-03-02T01:30:00.250Z'],
    ['14:03:20', '2026-03-01T14:03:20.500Z'],
    ['14:03:19', '2026-03-02T14:03:19.000Z'],
    ['-90s', '2026-03-02T01:58:30.000Z'],
    ['-4w', '2026-03-01T14:03:20.500Z'],
    ['start', '2026-03-01T14:03:20.500Z'],
    ['death', '2026-03-02T02:00:00.000Z'],
    ['2026-03-01T15:00:00+01:00', '2026-03-01T14:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(new Date(instantOf(look, session, text) / 1000).toISOString()).toBe(instant);
  });

  it('is given to the API as it takes it', () => {
    expect(momentOf(look, session, 'revision:12')).toBe('revision:12');
    expect(momentOf(look, session, '15:00')).toBe('2026-03-01T15:00:00.000Z');
  });

  it('that is not there yet, or is none, is refused', () => {
    const running = { ...session, ended_at: null };
    expect(() => instantOf(look, running, 'death')).toThrow('has no death yet');
    expect(() => instantOf(look, session, 'yesterday')).toThrow('"yesterday" is no instant');
  });

  it('of no day is refused', () => {
    expect(() => instantOf(look, session, '25:00')).toThrow('is no time of a day');
  });
});
