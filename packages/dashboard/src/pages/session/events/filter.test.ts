/** The filter of events: read from the address, turned into a question, and tried on what just came. */
import { expect, test } from 'vitest';
import { filterOf, isNarrowed, passes, questionOf, withLevel } from './filter.ts';

const read = (text: string) => filterOf(new URLSearchParams(text));

test('everything but debug is shown when nothing is chosen', () => {
  expect(questionOf(read('')).level).toEqual(['info', 'warning', 'error', 'critical']);
  expect(questionOf(read('level=debug&level=nonsense')).level).toEqual(['debug']);
  const all = read('level=debug&level=info&level=warning&level=error&level=critical');
  expect(questionOf(all).level).toBeUndefined();
});

test('a level is switched on and off, but never the last one', () => {
  expect(withLevel(read(''), 'debug')).toEqual({
    level: ['debug', 'info', 'warning', 'error', 'critical'],
  });
  expect(withLevel(read(''), 'info')).toEqual({ level: ['warning', 'error', 'critical'] });
  expect(withLevel(read('level=info&level=error&level=critical'), 'warning')).toEqual({
    level: undefined,
  });
  expect(withLevel(read('level=info'), 'info')).toEqual({});
});

test('a filter by text or field narrows, one by level does not', () => {
  expect(isNarrowed(read('level=debug&inview=1&text=%20'))).toBe(false);
  expect(isNarrowed(read('text=card'))).toBe(true);
  expect(isNarrowed(read('label=io'))).toBe(true);
});

test('what just came is shown if it passes', () => {
  const event = {
    ...{ level: 'info', name: 'autosave', message: 'Written in 41 ms', group: 'game' },
    ...{ category: 'info', labels: ['save'] },
  };
  for (const text of ['', 'text=WRITTEN+auto', 'group=game&label=io&label=save', 'name=autosave']) {
    expect(passes(read(text), event), text).toBe(true);
  }
  for (const text of [
    'level=error',
    'text=read',
    'group=net',
    'label=io',
    'category=x',
    'name=a',
  ]) {
    expect(passes(read(text), event), text).toBe(false);
  }
});
