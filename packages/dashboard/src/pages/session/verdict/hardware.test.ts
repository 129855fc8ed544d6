/** Words about a machine, from wherever a state has them. */
import { expect, test } from 'vitest';
import { hardwareWords } from './hardware.ts';

test('system, cores and graphics are found at the top or in a room of their own', () => {
  const machine = { os: 'Ubuntu 24.04', cores: 16 };
  expect(hardwareWords({ machine, gpu: { name: 'RTX 3070', driver: '550' } })).toEqual([
    ...['Ubuntu 24.04', '16 cores', 'RTX 3070'],
  ]);
});

test('what is no short text is no word', () => {
  expect(hardwareWords({ os: 7, gpu: 'x'.repeat(41), cpu: ['a'] })).toEqual([]);
});
