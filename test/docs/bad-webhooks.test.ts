/** What docs/webhooks.md says is refused is refused with these words, and no other body breaks the reader. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readWebhookBody, TachoError } from '@tacho/protocol';
import { expect, it } from 'vitest';
import { Harness } from '../../packages/server/src/http/testing/harness.ts';
import { rowsOf, tableIn } from './tables.ts';

const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
const rows = rowsOf(tableIn(page, 'bad-webhooks'));

it('answers bad webhooks as the page says', async () => {
  expect(rows.length).toBeGreaterThanOrEqual(16);
  const server = await Harness.start();
  for (const [body = '', details = ''] of rows) {
    const answer = await server.post('/api/webhooks', body.replaceAll('`', ''));
    expect([answer.status, answer.json.details], body).toEqual([400, details]);
  }
  expect((await server.ask('/api/webhooks')).json.webhooks).toEqual([]);
});

it('takes any of 50,000 bodies as a rule with all its parts, or refuses it with a sentence', () => {
  const dice = makeDice(7);
  let taken = 0;
  for (let i = 0; i < 50_000; i++) {
    const body = bodyOf(dice);
    try {
      const rule = readWebhookBody(body);
      taken++;
      ok(rule.on.length > 0 && /^https?:\/\/[^@]+$/.test(rule.url));
      equal(rule.on.includes('metric'), rule.metric !== undefined);
      deepEqual(readWebhookBody({}, rule), rule);
      // What is kept is JSON; nothing of it gets lost there.
      deepEqual(JSON.parse(JSON.stringify(rule)), rule);
    } catch (error) {
      if (!(error instanceof TachoError)) throw error;
      equal(error.status, 400);
      match(error.details, /^(The body|[\w.[\]]+) .*; expected .+\.$/s);
    }
  }
  expect(taken).toBeGreaterThan(1_000);
  expect(taken).toBeLessThan(49_000);
});

/** Numbers that look random and are the same in every run. */
function makeDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

type Dice = (sides: number) => number;

const good = {
  name: 'n',
  url: 'https://example.org:8443/a?b',
  on: ['crash', 'metric'],
  format: 'slack',
  products: ['shop'],
  secret: `whsec_${'A'.repeat(43)}=`,
  enabled: false,
  metric: {
    name: 'm',
    fn: 'p95',
    above: 1,
    below: -1,
    window: '5m',
    tags: ['a:b'],
    samples_min: 3,
  },
};

const odd: readonly unknown[] = [
  ...[null, undefined, true, 0, -1, 1e308, '', ' ', 'x', '\u0000', '\ud800', 'é'.repeat(3_000)],
  ...[[], {}, [[]], ['crash', 'crash'], ['metric'], { __proto__: null }, [null], 'whsec_', 'p99.9'],
  ...['http://[::1]:1/', 'http://x:99999/', 'https://', 'HTTP://ü.example/ä', '1e9d', '10s', '7d'],
  ...['javascript:alert(1)', 'http://a b/', 'https://x#y', Array(60).fill('p'), 'slack', 2 ** 53],
];

/** A good body of which some fields are missing or odd. */
function bodyOf(dice: Dice): unknown {
  if (dice(50) === 0) return odd[dice(odd.length)];
  const body: Record<string, unknown> = { ...good, metric: changed(good.metric, dice) };
  return changed(body, dice);
}

function changed(object: Record<string, unknown>, dice: Dice): unknown {
  const fields = { ...object };
  for (const name of Object.keys(fields)) {
    const what = dice(12);
    if (what === 0) delete fields[name];
    else if (what === 1) fields[name] = odd[dice(odd.length)];
  }
  return fields;
}
