/** What docs/export.md says is refused is refused with these words. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Harness } from '../../packages/server/src/http/testing/harness.ts';
import { rowsOf, tableIn } from './tables.ts';

it('answers bad questions for exports as the page says', async () => {
  const page = readFileSync(new URL('../../docs/export.md', import.meta.url), 'utf8');
  const rows = rowsOf(tableIn(page, 'bad-exports'));
  expect(rows.length).toBeGreaterThanOrEqual(7);
  const harness = await Harness.start();
  for (const [request = '', status = '', details = ''] of rows) {
    const answer = await harness.ask(request.replaceAll('`', ''));
    expect([answer.status, answer.json.details], request).toEqual([Number(status), details]);
  }
});
