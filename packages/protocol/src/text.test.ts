/** Text search: which words a text has, and which events are hits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventRecord } from './event.ts';
import { matchesText, searchWords } from './text.ts';

const event: EventRecord = {
  name: 'payment_failed',
  level: 'error',
  category: 'error',
  group: 'shop.till',
  labels: ['secret'],
  message: 'Die Karte wurde abgelehnt: Größe 42, Café',
  data: { hidden: 'treasure' },
  exception_type: 'CardDeclinedError',
  exception_msg: 'code=E1041',
};

describe('an event', () => {
  it.each([
    'payment',
    'FAILED payment',
    'payment_failed',
    'pay',
    'cafe',
    'café',
    'grosse'.replace('ss', 'ß'),
    'GRÖSSE'.replace('SS', 'ß'),
    '42',
    'abgelehnt carddecl',
    'e1041',
    'code e',
    '"payment" (failed)!',
  ])('is a hit for %s', (asked) => {
    expect(matchesText(event, asked)).toBe(true);
  });

  it.each([
    '',
    '  ',
    '_',
    'pay failed',
    'shop',
    'secret',
    'treasure',
    'failed paymenty',
    'declined',
  ])('is no hit for %j', (asked) => {
    expect(matchesText(event, asked)).toBe(false);
  });

  it('has the same words whether or not another text with accents stands beside it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 40 }), (text) => {
        expect([...searchWords(text), 'e']).toEqual(searchWords(`${text} é`));
      }),
      { numRuns: 500 },
    );
  });

  it('is a hit for each of its own words and for all of them together', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (message) => {
        const own = { ...event, message };
        const words = searchWords(message);
        for (const word of words) expect(matchesText(own, word)).toBe(true);
        if (words.length > 0) expect(matchesText(own, words.join(' '))).toBe(true);
      }),
    );
  });
});
