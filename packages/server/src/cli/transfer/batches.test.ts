/** Lines become batches that are the same whenever they are read, and that hold sessions whole. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, batchesOf, bodyOf, type Line } from './batches.ts';

const bounds = { length: 100, lines: 6 };

async function batches(lines: readonly Line[], salt = ''): Promise<Batch[]> {
  const source = (async function* () {
    yield* lines;
  })();
  const found: Batch[] = [];
  for await (const batch of batchesOf(source, salt, bounds)) found.push(batch);
  return found;
}

/** Runs of lines: sessions one after the other, a few of them larger than a batch. */
const sources: fc.Arbitrary<Line[]> = fc
  .array(fc.array(fc.integer({ min: 2, max: 130 }), { minLength: 1, maxLength: 12 }))
  .map((sessions) => {
    let line = 0;
    return sessions.flatMap((lengths, session) =>
      lengths.map((length) => ({
        session: `s${session}`,
        text: `"${String(line).padEnd(length - 2, 'x')}"`,
        line: ++line,
      })),
    );
  });

describe('batches', () => {
  it('hold every line once, in order, and stay within their bounds unless one line is beyond', async () => {
    await fc.assert(
      fc.asyncProperty(sources, async (lines) => {
        const found = await batches(lines);
        expect(found.flatMap((batch) => batch.lines)).toEqual(lines);
        for (const { lines: own } of found) {
          const length = own.reduce((sum, { text }) => sum + text.length, 0);
          expect(own.length === 1 || length <= bounds.length).toBe(true);
          expect(own.length).toBeLessThanOrEqual(bounds.lines);
        }
      }),
    );
  });

  it('hold sessions whole, or parts of one session alone', async () => {
    await fc.assert(
      fc.asyncProperty(sources, async (lines) => {
        const found = await batches(lines);
        for (const { lines: own } of found) {
          const sessions = new Set(own.map(({ session }) => session));
          if (sessions.size === 1) continue;
          const others = found.filter((one) => one.lines !== own).flatMap((one) => one.lines);
          expect(others.some(({ session }) => sessions.has(session))).toBe(false);
        }
      }),
    );
  });

  it('have the same names whenever they are made, and others for other lines or another salt', async () => {
    await fc.assert(
      fc.asyncProperty(sources, async (lines) => {
        const names = async (salt: string) => (await batches(lines, salt)).map((b) => b.spoolId);
        const first = await names('');
        expect(await names('')).toEqual(first);
        expect(new Set(first).size).toBe(first.length);
        expect((await names('again')).some((name) => first.includes(name))).toBe(false);
      }),
    );
  });

  it('are sent as one JSON document', async () => {
    const [batch] = await batches([{ session: 's', text: '{"n":12345678901234567890}', line: 1 }]);
    expect(bodyOf(batch!)).toMatch(
      /^\{"spoolId":"import:[0-9a-f]{40}","seq":1,"entries":\[\{"n":12345678901234567890\}\]\}$/,
    );
  });
});
