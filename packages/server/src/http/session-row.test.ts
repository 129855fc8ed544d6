/** Rows of lists: as a value and as text they are the same. */
import { initialStatus } from '@tacho/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SessionProfile, SessionSummary } from '../store/store.ts';
import { sessionRow, sessionRowText } from './session-row.ts';

const counts = fc
  .array(fc.nat({ max: 1e9 }), { minLength: 3, maxLength: 3 })
  .map((list) => Float64Array.from(list));
const profile = fc.record<SessionProfile>({
  fromUs: fc.nat({ max: 2e15 }),
  widthUs: fc.integer({ min: 1, max: 1e12 }),
  entries: counts,
  errors: counts,
  hangs: counts,
});

it('is written as text just as its value says', () => {
  const options = { nowUs: 2e15, suspendedAfterUs: 60e6 };
  fc.assert(
    fc.property(fc.option(profile, { nil: undefined }), fc.string(), (one, text) => {
      const summary: SessionSummary = {
        ...{ id: 'a', createdUs: 1e15, updatedUs: 1e15, product: text, version: text },
        ...{ status: initialStatus(1e15), patches: 1, events: 2, samples: 3, errors: 1 },
        exception: { type: text, message: text, atUs: 1e15 },
      };
      const row = JSON.parse(sessionRowText(summary, one, options));
      expect(row).toEqual(sessionRow(summary, one, options));
    }),
  );
});
