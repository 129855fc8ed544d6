/** Contract: what makes a batch count once: spools with their windows, and idempotency keys. */
import { limits, TachoError } from '@tacho/protocol';
import { expect, it } from 'vitest';
import type { Appended, Once } from '../store.ts';
import { type OpenStore, type StoreBench, startUs, withStore } from './harness.ts';
import { gauge, type Plan } from './plan.ts';

const stored: Appended = { kind: 'stored' };
const duplicate: Appended = { kind: 'duplicate' };

/** Cases about batches that are delivered more than once. */
export function onceCases(open: OpenStore): void {
  spoolCases(open);
  windowCases(open);
  keyCases(open);
  refusalCases(open);
}

function spoolCases(open: OpenStore): void {
  it(
    'a batch of a spool counts once however often and in whatever order it comes',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const order = [3, 0, 3, 1, 0, 7, 2, 1, 2, 5, 7, 4, 6, 6, 0, 8];
      const fresh = new Set<number>();
      for (const [i, seq] of order.entries()) {
        if (i === 8) await bench.reopen();
        expect(await bench.spool('s', seq, value(seq)), `${i}`).toEqual(
          fresh.has(seq) ? duplicate : stored,
        );
        fresh.add(seq);
      }
      await bench.holds(async () => {
        expect(await values(bench)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
        for (const seq of order) expect(await bench.spool('s', seq, value(99))).toEqual(duplicate);
      });
    }),
  );

  it(
    'spools do not know of each other, nor of keys of the same name',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      expect(await bench.spool('s', 0, value(1))).toEqual(stored);
      expect(await bench.spool('S', 0, value(2))).toEqual(stored);
      expect(await bench.spool('', 0, value(3))).toEqual(stored);
      expect(await bench.deliver([value(4)], key('s', 'f'))).toEqual(stored);
      expect(await bench.deliver([value(5)], key('S', 'f'))).toEqual(stored);
      await bench.holds(async () => expect(await values(bench)).toEqual([1, 2, 3, 4, 5]));
    }),
  );

  it(
    'a duplicate changes nothing at all',
    withStore(open, async (bench) => {
      await bench.spool('s', 0, { session: 1, kind: 'start' }, value(1));
      const before = await bench.dump();
      bench.pass(1_000);
      await bench.spool(
        's',
        0,
        { session: 2, kind: 'start' },
        { session: 1, kind: 'end' },
        value(2),
      );
      await bench.holds(async () => expect(await bench.dump()).toEqual(before));
    }),
  );

  it(
    'deliveries of one batch at the same time store it once',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      for (const once of [{ kind: 'spool', spoolId: 's', seq: 0 } as const, key('k', 'f')]) {
        const answers = await Promise.all(
          Array.from({ length: 8 }, () => bench.deliver([value(1)], once)),
        );
        expect(answers.filter(({ kind }) => kind === 'stored')).toHaveLength(1);
        expect(answers.filter(({ kind }) => kind === 'duplicate')).toHaveLength(7);
      }
      await bench.holds(async () => expect(await values(bench)).toEqual([1, 1]));
    }),
  );
}

function windowCases(open: OpenStore): void {
  const ahead = limits.spoolWindow;

  it(
    'a batch may come as far ahead of a missing one as the window is wide',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      expect(await bench.spool('s', ahead, value(1))).toEqual(stored);
      await bench.reopen();
      expect(await bench.spool('s', ahead, value(1))).toEqual(duplicate);
      expect(await bench.spool('s', 0, value(0))).toEqual(stored);
      // Now 1 is missing, so the window ends one further.
      expect(await bench.spool('s', ahead + 1, value(2))).toEqual(stored);
      expect(await bench.spool('s', 1, value(3))).toEqual(stored);
      expect(await bench.spool('s', 1, value(3))).toEqual(duplicate);
      expect(await values(bench)).toEqual([0, 1, 2, 3]);
    }),
  );

  it(
    'a wider gap is given up: what is older than the window then counts as delivered',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      expect(await bench.spool('s', ahead + 10, value(0))).toEqual(stored);
      await bench.reopen();
      for (const seq of [0, 5, 9])
        expect(await bench.spool('s', seq, value(99)), `${seq}`).toEqual(duplicate);
      for (const seq of [10, 11, ahead + 9]) {
        expect(await bench.spool('s', seq, value(seq)), `${seq}`).toEqual(stored);
        expect(await bench.spool('s', seq, value(99)), `${seq}`).toEqual(duplicate);
      }
      expect(await bench.spool('s', 10 * ahead, value(1))).toEqual(stored);
      expect(await bench.spool('s', 9 * ahead - 1, value(99))).toEqual(duplicate);
      expect(await bench.spool('s', 9 * ahead, value(2))).toEqual(stored);
      await bench.holds(async () => {
        expect(await values(bench)).toEqual([0, 1, 2, 10, 11, ahead + 9]);
        for (const seq of [0, 12, ahead + 10, 9 * ahead, 10 * ahead]) {
          expect(await bench.spool('s', seq, value(99)), `${seq}`).toEqual(duplicate);
        }
      });
    }),
  );

  it(
    'a spool that lost batches goes on without them for ever',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      // Every 500th batch never comes.
      const arriving = Array.from({ length: 3_000 }, (_, seq) => seq).filter(
        (seq) => seq % 500 !== 7,
      );
      await Promise.all(arriving.map((seq) => bench.spool('s', seq, value(seq))));
      await bench.reopen();
      const again = await Promise.all(arriving.map((seq) => bench.spool('s', seq, value(seq))));
      expect(again.filter(({ kind }) => kind === 'stored')).toEqual([]);
      expect(await bench.spool('s', 507, value(507))).toEqual(stored);
      expect((await bench.row(1)).samples).toBe(arriving.length + 1);
    }),
  );
}

function keyCases(open: OpenStore): void {
  it(
    'a request with the same key and content is stored once and answered the same',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      expect(await bench.deliver([value(1)], key('k', 'f', 'first'))).toEqual(stored);
      await bench.holds(async () => {
        const again = await bench.deliver([value(2)], key('k', 'f', 'second'));
        expect(again).toEqual({ kind: 'duplicate', reply: 'first' });
        expect(await values(bench)).toEqual([1]);
      });
    }),
  );

  it(
    'a key that comes with another request is a conflict and stores nothing',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      await bench.deliver([value(1)], key('k', 'f', 'first'));
      await bench.holds(async () => {
        await expect(bench.deliver([value(2)], key('k', 'g'))).rejects.toMatchObject({
          name: 'TachoError',
          code: 'idempotency_conflict',
        });
        expect(await bench.deliver([value(2)], key('k', 'f'))).toEqual({
          kind: 'duplicate',
          reply: 'first',
        });
        expect(await values(bench)).toEqual([1]);
      });
    }),
  );

  it(
    'a key is forgotten when its time is over, and not before',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const ttlUs = limits.idempotencyTtlMs * 1_000;
      await bench.deliver([value(1)], key('k', 'f', 'first'));
      bench.pass(ttlUs - 1);
      // A repetition does not make the key live longer.
      expect(await bench.deliver([value(2)], key('k', 'f'))).toEqual({
        kind: 'duplicate',
        reply: 'first',
      });
      await bench.reopen();
      bench.pass(2);
      expect(await bench.deliver([value(3)], key('k', 'g', 'next'))).toEqual(stored);
      await bench.holds(async () => {
        expect(await bench.deliver([value(4)], key('k', 'g'))).toEqual({
          kind: 'duplicate',
          reply: 'next',
        });
        expect(await values(bench)).toEqual([1, 3]);
      });
    }),
  );
}

function refusalCases(open: OpenStore): void {
  it(
    'a refused batch leaves nothing behind, neither its entries nor its seq or key',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const onces: Once[] = [{ kind: 'spool', spoolId: 's', seq: 5 }, key('k', 'f', 'reply')];
      const before = await bench.dump();
      if (bench.refuse !== undefined) {
        bench.refuse(new TachoError('disk_full', 'The disk is full'));
        expect((await bench.store.health()).writable).toBe(false);
        for (const once of onces) {
          const refused = bench.deliver([{ session: 2, kind: 'start' }, value(1)], once);
          await expect(refused).rejects.toMatchObject({ code: 'disk_full' });
        }
        bench.refuse(undefined);
      }
      const conflict = key('k0', 'f');
      await bench.deliver([], conflict);
      const refused = bench.deliver([value(9)], { ...conflict, fingerprint: 'g' });
      await expect(refused).rejects.toMatchObject({ code: 'idempotency_conflict' });
      expect(await bench.dump()).toEqual(before);
      expect((await bench.store.health()).writable).toBe(true);
      for (const once of onces) expect(await bench.deliver([value(1)], once)).toEqual(stored);
      for (const once of onces)
        expect((await bench.deliver([value(1)], once)).kind).toBe('duplicate');
      await bench.holds(async () => expect(await values(bench)).toEqual([1, 1]));
    }),
  );
}

function key(name: string, fingerprint: string, reply = ''): Extract<Once, { kind: 'key' }> {
  return { kind: 'key', key: name, fingerprint, reply };
}

function value(of: number): Plan {
  return { session: 1, kind: 'sample', series: gauge('v'), value: of, atUs: startUs };
}

/** Values stored by the case, in order of size. */
async function values(bench: StoreBench): Promise<number[]> {
  const { samples } = await bench.session(1);
  return samples.map(([, , found]) => Number(found)).sort((x, y) => x - y);
}
