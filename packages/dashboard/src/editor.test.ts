/** Links into editors: what they look like, and what never becomes one. */
import { expect, test } from 'vitest';
import { editorLink } from './editor.ts';

const custom = (template: string) => ({ name: 'custom' as const, template });

test('a place opens in the chosen editor', () => {
  const choice = { name: 'vscode' as const, template: '' };
  expect(editorLink(choice, '/srv/a b.ts', 12)).toBe('vscode://file//srv/a%20b.ts:12');
  expect(editorLink({ ...choice, name: 'idea' }, '/srv/a&b.ts', 3)).toBe(
    'idea://open?file=/srv/a%26b.ts&line=3',
  );
  expect(editorLink(custom('zed://{file}#{line}'), 'src/$&.c', 7)).toBe('zed://src/%24%26.c#7');
});

test('without a choice, a file or a place for it there is no link', () => {
  expect(editorLink({ name: 'none', template: '' }, '/a.ts', 1)).toBeUndefined();
  expect(editorLink(custom('zed://{file}'), '', 1)).toBeUndefined();
  expect(editorLink(custom('zed://open'), '/a.ts', 1)).toBeUndefined();
  expect(editorLink(custom('{file}'), 'javascript:alert(1)', 1)).toBeUndefined();
});

test.each([
  'javascript:alert({file})',
  ' JavaScript:{file}',
  'data:text/html,{file}',
  'file://{file}',
])('a template such as %s is refused', (template) => {
  expect(editorLink(custom(template), '/a.ts', 1)).toBeUndefined();
});
