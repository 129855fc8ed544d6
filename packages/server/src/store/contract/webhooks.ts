/** Contract: rules of webhooks are kept, and a notice is had by one sender at a time until it is settled. */
import { expect, it } from 'vitest';
import type { NoticeRow } from '../store.ts';
import { type OpenStore, secondUs, startUs, withStore } from './harness.ts';

/** Cases about webhooks. */
export function webhookCases(open: OpenStore): void {
  it(
    'rules come back in order of creation, changed ones with their progress, removed ones not',
    withStore(open, async (bench) => {
      expect(await bench.store.webhooks.webhooks()).toEqual([]);
      for (const row of rules) await bench.store.webhooks.putWebhook(row);
      await bench.store.webhooks.noteWebhook('a', '{"seen":1}');
      await bench.store.webhooks.noteWebhook('nobody', '{"seen":9}');
      await bench.store.webhooks.putWebhook({ id: 'a', createdUs: startUs + 9, rule: 'new "a"' });
      expect(await bench.store.webhooks.removeWebhook('b')).toBe(true);
      expect(await bench.store.webhooks.removeWebhook('b')).toBe(false);
      await bench.store.webhooks.noteWebhook('b', '{"seen":2}');
      await bench.holds(async () => {
        expect(await bench.store.webhooks.webhooks()).toEqual([
          { id: 'c', createdUs: startUs, rule: '{}', progress: '' },
          { id: 'a', createdUs: startUs + 1, rule: 'new "a"', progress: '{"seen":1}' },
        ]);
      });
    }),
  );

  it(
    'a notice is added once, however often it is told, and is found by its rule, newest first',
    withStore(open, async (bench) => {
      const { webhooks } = bench.store;
      expect(await webhooks.addNotices([])).toEqual([]);
      expect(await webhooks.addNotices([notice('n1'), notice('n2', { createdUs: 2 })])).toEqual([
        'n1',
        'n2',
      ]);
      const again = [notice('n1', { body: 'other' }), notice('n3', { webhook: 'b' })];
      expect(await webhooks.addNotices(again)).toEqual(['n3']);
      await bench.holds(async () => {
        const found = await bench.store.webhooks.notices('a', 10);
        expect(found).toEqual([notice('n2', { createdUs: 2 }), notice('n1')]);
        expect(await bench.store.webhooks.notices('a', 1)).toHaveLength(1);
      });
    }),
  );

  it(
    'a due notice is held by who claims it, and by nobody else before that time is over',
    withStore(open, async (bench) => {
      const { webhooks } = bench.store;
      await webhooks.addNotices([
        notice('late', { dueUs: startUs + secondUs }),
        notice('due'),
        notice('done', { dueUs: undefined }),
      ]);
      const claim = { nowUs: startUs, untilUs: startUs + 5 * secondUs, limit: 10 };
      const held = { ...notice('due'), holder: 'x', heldUntilUs: claim.untilUs };
      expect(await webhooks.claimNotices({ ...claim, holder: 'x' })).toEqual([held]);
      expect(await webhooks.claimNotices({ ...claim, holder: 'y' })).toEqual([]);
      await bench.reopen();
      const later = { ...claim, nowUs: claim.untilUs, untilUs: claim.untilUs + secondUs };
      const both = await bench.store.webhooks.claimNotices({ ...later, holder: 'y' });
      expect(both.map(({ id, holder }) => [id, holder])).toEqual([
        ['due', 'y'],
        ['late', 'y'],
      ]);
      const over = { ...later, nowUs: later.untilUs, untilUs: later.untilUs + secondUs };
      const one = await bench.store.webhooks.claimNotices({ ...over, holder: 'z', limit: 1 });
      expect(one.map(({ id }) => id)).toEqual(['due']);
    }),
  );

  it(
    'what became of a notice is noted, a settled one is not due, and goes when it is old',
    withStore(open, async (bench) => {
      const { webhooks } = bench.store;
      const all = ['n1', 'n2', 'n3', 'n4'].map((id, i) => notice(id, { createdUs: startUs + i }));
      await webhooks.addNotices(all);
      for (const row of all.slice(0, 3)) {
        const { dueUs: _due, ...settled } = row;
        await webhooks.noteNotice({ ...settled, body: 'sent' });
      }
      await webhooks.noteNotice(notice('nobody'));
      await webhooks.trimNotices('a', 2);
      await bench.holds(async () => {
        const found = await bench.store.webhooks.notices('a', 10);
        expect(found.map(({ id, body }) => [id, body])).toEqual([
          ['n4', 'body'],
          ['n3', 'sent'],
          ['n2', 'sent'],
        ]);
      });
      const claim = { holder: 'x', nowUs: startUs + secondUs, untilUs: startUs + 2 * secondUs };
      const due = await bench.store.webhooks.claimNotices({ ...claim, limit: 10 });
      expect(due.map(({ id }) => id)).toEqual(['n4']);
    }),
  );

  it(
    'the notices of a removed rule are gone with it',
    withStore(open, async (bench) => {
      const { webhooks } = bench.store;
      for (const row of rules) await webhooks.putWebhook(row);
      await webhooks.addNotices([notice('n1'), notice('n2', { webhook: 'b' })]);
      await webhooks.removeWebhook('a');
      await bench.holds(async () => {
        expect(await bench.store.webhooks.notices('a', 10)).toEqual([]);
        expect(await bench.store.webhooks.notices('b', 10)).toHaveLength(1);
      });
    }),
  );
}

const rules = [
  { id: 'b', createdUs: startUs + 2, rule: '{"on":["crash"]}' },
  { id: 'c', createdUs: startUs, rule: '{}' },
  { id: 'a', createdUs: startUs + 1, rule: 'a' },
];

function notice(id: string, more: { [K in keyof NoticeRow]?: NoticeRow[K] | undefined } = {}) {
  const row = { id, webhook: 'a', createdUs: 1, dueUs: startUs, body: 'body', ...more };
  if (row.dueUs === undefined) delete (row as Partial<NoticeRow>).dueUs;
  return row as NoticeRow;
}
