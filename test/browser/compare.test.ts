/** Runs side by side: what they share, where they part, and links that show exactly that. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../whole/server.ts';
import { recordRuns, runIds } from './runs.ts';
import { barriers, overflow, setStage, untilReady } from './stage.ts';

const stage = setStage();

/** Answers of a busy machine take their time. */
const patient = { timeout: 20_000 };

let server: Server;
let address: string;

beforeAll(async () => {
  server = await startServer();
  await recordRuns(server.url, Date.now() - 60_000);
  address = `${server.url}/compare?${runIds.map((id) => `id=${id}`).join('&')}`;
});

afterAll(async () => {
  await server?.stop();
});

describe('a comparison', () => {
  it('is chosen from the recent sessions', async () => {
    const page = await stage.open(`${server.url}/compare`);
    await untilReady(page, 'compare');
    await page.getByRole('checkbox', { name: /till-0/ }).check();
    await page.getByRole('checkbox', { name: /till-2/ }).check();
    await page.getByRole('button', { name: 'Compare 2' }).click();
    await expect
      .poll(() => new URL(page.url()).searchParams.getAll('id'), patient)
      .toEqual([...[runIds[0], runIds[2]]]);
    await page.getByRole('heading', { name: /^Two runs of shop/ }).waitFor();
  });

  it('says in a sentence who ended how, and which metric parts them', async () => {
    const page = await stage.open(address);
    await untilReady(page, 'compare');
    const heading = page.getByRole('heading', { level: 1 });
    await expect
      .poll(() => heading.innerText(), patient)
      .toBe(
        'Three runs of shop: A and B on 2.4.0 crashed, C on 2.3.9 ended well; order_queue differs most, 5 to 120 at the end',
      );
    expect(await page.locator('.track.chart .title').first().innerText()).toBe('order_queue');
  });

  it('shows what differs of the states, the odd one out, and everything by a key', async () => {
    const page = await stage.open(address);
    await untilReady(page, 'compare');
    const rows = page.getByRole('region', { name: 'State at the end' }).getByRole('rowheader');
    await expect.poll(() => rows.allInnerTexts(), patient).toEqual(['version', 'page']);
    expect(await page.locator('td.odd').allInnerTexts()).toEqual(['"2.3.9"', '"cart"']);
    await page.keyboard.press('d');
    await expect.poll(() => rows.allInnerTexts(), patient).toContain('theme');
    await rows.getByRole('button', { name: 'page' }).click();
    await expect
      .poll(() => page.locator('.key-value').first().innerText(), patient)
      .toMatch(/home|checkout/);
  });

  it('has one cursor by hand and by keys, and a link that shows the same elsewhere', async () => {
    const page = await stage.open(address);
    await untilReady(page, 'compare');
    const plot = (await page.locator('.track.chart .plot').first().boundingBox())!;
    await page.mouse.click(plot.x + plot.width / 2, plot.y + plot.height / 2);
    await page.keyboard.press('Shift+ArrowLeft');
    const at = await page.locator('.cursor .flag').innerText();
    const values = await page.locator('.vals').first().innerText();
    await page.keyboard.press('B');
    await expect.poll(() => page.locator('.lane').count(), patient).toBe(2);
    await page.keyboard.press('B');
    const again = await stage.open(page.url());
    await untilReady(again, 'compare');
    await expect.poll(() => again.locator('.cursor .flag').innerText(), patient).toBe(at);
    await expect.poll(() => again.locator('.vals').first().innerText(), patient).toBe(values);
  });

  it('is laid over at the starts, where Back leads out of it again', async () => {
    const page = await stage.open(address);
    await untilReady(page, 'compare');
    await page.getByRole('button', { name: 'Start' }).click();
    await expect.poll(() => page.locator('.death').count(), patient).toBe(0);
    await page.goBack();
    await expect.poll(() => page.locator('.death').count(), patient).toBe(1);
  });

  it('fits every width, and keeps nobody out', async () => {
    for (const screen of ['desk', 'tablet', 'phone'] as const) {
      const page = await stage.open(address, { screen, theme: 'dark' });
      await untilReady(page, 'compare');
      await page.locator('.track.chart').first().waitFor();
      expect(await overflow(page)).toEqual([]);
      expect(await barriers(page)).toEqual([]);
    }
  });
});
