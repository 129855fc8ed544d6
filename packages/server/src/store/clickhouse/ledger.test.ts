/** Under which ids and names batches stand in the ledger. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Once } from '../store.ts';
import { ledgerBody, ledgerId, ledgerPlace, onceName } from './ledger.ts';
import { isId } from './sql.ts';

const spool = (spoolId: string, seq: number): Once => ({ kind: 'spool', spoolId, seq });
const key = (text: string, reply = '{}'): Once => {
  return { kind: 'key', key: text, fingerprint: 'f', reply };
};

describe('the ledger', () => {
  it('keeps a spool under one id, and each of its batches at its place', () => {
    expect(ledgerId(spool('a', 1))).toBe(ledgerId(spool('a', 2)));
    expect(ledgerId(spool('a', 1))).not.toBe(ledgerId(spool('b', 1)));
    expect(ledgerPlace({ once: spool('a', 7), receivedUs: 99 })).toBe(7);
    expect(ledgerBody(spool('a', 7))).toBe('');
  });

  it('keeps a key at the time of its request, with what was asked and answered', () => {
    const once = key('k', '{"id":"\'é\\""}');
    expect(ledgerId(once)).toBe(ledgerId(key('k', 'another')));
    expect(ledgerId(once)).not.toBe(ledgerId(key('l')));
    expect(ledgerPlace({ once, receivedUs: 99 })).toBe(99);
    expect(JSON.parse(ledgerBody(once))).toEqual({ fingerprint: 'f', reply: '{"id":"\'é\\""}' });
  });

  it('takes no key for a spool of the same name', () => {
    expect(ledgerId(key('a'))).not.toBe(ledgerId(spool('a', 1)));
    expect(onceName(key('a 1'))).not.toBe(onceName(spool('a', 1)));
  });

  it('finds what earlier versions stored', () => {
    // The first 16 bytes of SHA-256 over "spool a" and "key a", by another program.
    expect(ledgerId(spool('a', 1))).toBe('80771e79-ba4a-a66e-9c6c-db6aff047474');
    expect(ledgerId(key('a'))).toBe('4c42d56d-e3c2-441a-5103-8378ff4ace48');
  });

  it('has an id for any name', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (name, seq) => {
        expect([ledgerId(spool(name, seq)), ledgerId(key(name))].every(isId)).toBe(true);
      }),
    );
  });
});

describe('the name of a batch', () => {
  it('is the same for the same batch alone', () => {
    const word = fc.string({ unit: fc.constantFrom('a', '1', ' '), maxLength: 5 });
    const once = fc.oneof(
      fc.tuple(word, fc.nat({ max: 12 })).map(([id, seq]) => spool(id, seq)),
      word.map((text) => key(text)),
    );
    fc.assert(
      fc.property(once, once, (a, b) => {
        expect(onceName(a) === onceName(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 1_000 },
    );
    expect(onceName(spool('a1', 2))).not.toBe(onceName(spool('a', 12)));
    expect(onceName(key('k', 'a'))).toBe(onceName(key('k', 'b')));
  });
});
