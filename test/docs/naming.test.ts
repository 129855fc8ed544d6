/** The naming guide agrees with the naming advice: what it calls good gets none, what it calls bad gets some. */
import { readFileSync } from 'node:fs';
import { namingAdvice } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../../docs/naming.md', import.meta.url), 'utf8');

/** Names on the lines that begin with this word. */
function names(verdict: 'good' | 'bad'): string[] {
  const lines = [...page.matchAll(new RegExp(`^${verdict} +(.*)$`, 'gm'))];
  return lines.flatMap(([, line]) => line!.trim().split(/ +/));
}

describe('the naming guide', () => {
  it('shows good and bad names', () => {
    expect(names('good').length).toBeGreaterThan(3);
    expect(names('bad').length).toBeGreaterThan(3);
  });

  it.each(names('good'))('is right to call %s good', (name) => {
    expect(namingAdvice(name)).toEqual([]);
  });

  it.each(names('bad'))('is right to call %s bad', (name) => {
    expect(namingAdvice(name)).not.toEqual([]);
  });
});
