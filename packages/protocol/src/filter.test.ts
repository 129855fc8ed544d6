/** Session filters as parameters. */
import { describe, expect, it } from 'vitest';
import { filterOf, filterParams } from './filter.ts';
import { readParams } from './params.ts';

const filter = (query: string) =>
  filterOf(readParams(filterParams, new URLSearchParams(query), 1_000e6));

describe('a session filter', () => {
  it('is empty when nothing is asked for', () => {
    expect(filter('')).toEqual({});
  });

  it('holds what was asked for, lists as lists', () => {
    expect(
      filter(
        'id=550E8400&product=a&product=b&version=1&machine=m&hostname=h&lifecycle=crashed' +
          '&liveness=hung&outcome=crashed&cause=lost&hung=true&from=-60s&to=now' +
          '&state=scene%3Dhub&state=!paused&event=e&exception=E&text=some%20words',
      ),
    ).toEqual({
      ids: ['550e8400'],
      products: ['a', 'b'],
      versions: ['1'],
      machines: ['m'],
      hostnames: ['h'],
      lifecycles: ['crashed'],
      livenesses: ['hung'],
      outcomes: ['crashed'],
      causes: ['lost'],
      hadHang: true,
      fromUs: 940e6,
      toUs: 1_000e6,
      state: [
        { path: 'scene', operator: '=', value: 'hub' },
        { path: 'paused', operator: 'missing' },
      ],
      events: ['e'],
      exceptions: ['E'],
      text: 'some words',
    });
    expect(filter('hung=false')).toEqual({ hadHang: false });
  });

  it.each([
    ['lifecycle=dead', 'lifecycle is "dead"; expected one of active, ended, crashed, lost.'],
    ['state==x', 'state is "=x"; expected path=value'],
    ['outcome=bad', 'outcome is "bad"; expected one of healthy, errored, abnormal, crashed.'],
    ['from=never', 'from is "never"; expected an RFC 3339 time'],
  ])('refuses %s', (query, message) => {
    expect(() => filter(query)).toThrow(message);
  });
});
