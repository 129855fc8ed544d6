/** The reference names every endpoint, and has a table of the parameters of each. */
import { readdirSync, readFileSync } from 'node:fs';
import { type Route, routes } from '@tacho/protocol';
import { expect, it } from 'vitest';
import { namesWithParameters } from './endpoints.ts';

const docs = new URL('../../docs/', import.meta.url);
const texts = readdirSync(docs)
  .filter((page) => page.endsWith('.md'))
  .map((page) => readFileSync(new URL(page, docs), 'utf8'));
const all = texts.join('\n');

it('has the parameters of every endpoint that has some, each once', () => {
  const shown = [...all.matchAll(/<!-- table:params:(\w+) -->/g)].map(([, name = '']) => name);
  expect(namesWithParameters.filter((name) => !shown.includes(name))).toEqual([]);
  expect(shown.length).toBe(new Set(shown).size);
});

it('explains every endpoint outside the table of all of them', () => {
  const prose = all.replaceAll(/<!-- table:(?!params)[\s\S]*?<!-- \/table -->/g, '');
  const missing = Object.values<Route>(routes)
    .map(({ method, path }) => `\`${method} ${path}\``)
    .filter((name) => !prose.includes(name));
  expect(missing).toEqual([]);
});
