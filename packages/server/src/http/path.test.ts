/** Tests of paths: the way to the root from any of them. */
import { expect, it } from 'vitest';
import { rootFrom } from './path.ts';

it('leads from a page to the root, also from what is hardly a path', () => {
  expect(rootFrom('/')).toBe('./');
  expect(rootFrom('/sessions')).toBe('./');
  expect(rootFrom('/sessions/550e8400')).toBe('../');
  expect(rootFrom('*')).toBe('./');
});
