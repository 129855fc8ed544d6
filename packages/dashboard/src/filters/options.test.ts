/** What is offered to somebody who types a filter. */
import { describe, expect, it } from 'vitest';
import {
  fieldOptions,
  knownOptions,
  nothingTyped,
  stateOptions,
  typed,
  typedOption,
} from './options.ts';

const labels = (text: string): string[] => fieldOptions(text, new Map()).map(({ label }) => label);

describe('typing', () => {
  it('chooses a field by its name and a colon or an equals sign', () => {
    expect(typed(nothingTyped, 'version:2.4')).toEqual({ field: 'version', text: '2.4' });
    expect(typed(nothingTyped, 'Started = 7d')).toEqual({ field: 'time', text: '7d' });
    expect(typed(nothingTyped, 'scene.target=x')).toEqual({
      field: undefined,
      text: 'scene.target=x',
    });
  });

  it('goes on in the field that was chosen, whatever is typed', () => {
    const draft = { field: 'state', text: '', editing: 'a=1' } as const;
    expect(typed(draft, 'version=2')).toEqual({ ...draft, text: 'version=2' });
  });
});

describe('fields', () => {
  it('are offered by the beginning of their names, before those that are called so', () => {
    expect(labels('mach')).toEqual(['machine']);
    expect(labels('st')).toEqual(['status', 'state', 'time']);
    expect(labels('xyz')).toEqual([]);
  });

  it('are all offered before anything is typed', () => {
    expect(labels('')).toContain('exception');
    expect(labels('').length).toBeGreaterThan(12);
  });
});

describe('values that need no server', () => {
  it('are lengths of time: the usual ones, or the one that is typed', () => {
    expect(knownOptions('time', '').map(({ value }) => value)).toEqual([
      '-1h',
      '-24h',
      '-7d',
      '-30d',
    ]);
    expect(knownOptions('time', '90m').map(({ value }) => value)).toEqual(['-90m']);
  });

  it('are kinds of sessions by the beginnings of their names', () => {
    expect(knownOptions('status', 'l').map(({ value }) => value)).toEqual(['live', 'lost']);
  });

  it('are what is typed, for fields that take anything', () => {
    expect(typedOption('version', ' 2.5 ')?.value).toBe('2.5');
    expect(typedOption('version', ' ')).toBeUndefined();
    expect(typedOption('outcome', 'fine')).toBeUndefined();
  });
});

describe('a condition on the state', () => {
  const paths = ['scene.target', 'scene.frames', 'page'];

  it('begins with a path', () => {
    expect(stateOptions('scen', paths).map(({ continues }) => continues)).toEqual([
      'scene.target',
      'scene.frames',
    ]);
  });

  it('goes on with a comparison, or with nothing more than whether the path is there', () => {
    const options = stateOptions('page', paths);
    expect(options.map(({ continues, value }) => continues ?? value)).toEqual([
      'page=',
      'page!=',
      'page<',
      'page>',
      'page',
      '!page',
    ]);
  });

  it('may name a path that nobody knows', () => {
    expect(stateOptions('cart', []).map(({ continues, value }) => continues ?? value)).toContain(
      'cart=',
    );
  });

  it('is taken as it is typed', () => {
    expect(stateOptions('cart.items>=3', paths).map(({ value }) => value)).toEqual([
      'cart.items>=3',
    ]);
    expect(stateOptions('cart.items>', paths)).toEqual([]);
  });
});
