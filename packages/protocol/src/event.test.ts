/** Levels of events. */
import { expect, it } from 'vitest';
import { isLevel } from './event.ts';

it('knows the five levels by their exact names', () => {
  expect(['debug', 'info', 'warning', 'error', 'critical'].every(isLevel)).toBe(true);
  expect(['warn', 'Info', '', null, 3, ['info']].some(isLevel)).toBe(false);
});
