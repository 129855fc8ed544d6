/** Metrics across sessions: chosen, grouped, drawn, and led back to the sessions behind a point. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../whole/server.ts';
import { recordRuns } from './runs.ts';
import { barriers, overflow, setStage, untilReady } from './stage.ts';

const stage = setStage();

/** Answers of a busy machine take their time. */
const patient = { timeout: 20_000 };

let server: Server;
let empty: Server;

beforeAll(async () => {
  [server, empty] = await Promise.all([startServer(), startServer()]);
  await recordRuns(server.url, Date.now() - 60_000);
});

afterAll(async () => {
  await Promise.all([server?.stop(), empty?.stop()]);
});

describe('the explorer', () => {
  it('says how to record a first metric', async () => {
    const page = await stage.open(`${empty.url}/explore`);
    await untilReady(page, 'explore');
    expect(await page.locator('.shell-line').innerText()).toMatch(/curl .*\/metrics/);
  });

  it('draws the metric that somebody finds by typing, and tabulates its groups', async () => {
    const page = await stage.open(`${server.url}/explore`);
    await untilReady(page, 'explore');
    await page.keyboard.press('m');
    await page.keyboard.type('queue');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => new URL(page.url()).searchParams.get('metric'), patient)
      .toBe('order_queue');
    const table = page.locator('.explore-table');
    await expect.poll(() => table.getByRole('row').count(), patient).toBe(3);
    await expect
      .poll(() => table.getByRole('row', { name: /^2\.4\.0/ }).innerText(), patient)
      .toMatch(/^2\.4\.0\s+2\s+240\s/);
    await expect.poll(() => page.locator('.explore-row').count(), patient).toBe(2);
  });

  it('leads from a point to the sessions behind it', async () => {
    const page = await stage.open(`${server.url}/explore?metric=order_queue&fn=max&view=start`);
    await untilReady(page, 'explore');
    await page.locator('.explore-row').first().waitFor();
    const plot = (await page.locator('.explore-plot').boundingBox())!;
    const x = plot.x + plot.width / 2;
    for (let y = plot.y + plot.height; y > plot.y; y -= 5) {
      await page.mouse.move(x, y);
      if ((await page.locator('.explore-near').count()) > 0) break;
    }
    expect(await page.locator('.explore-near').innerText()).toMatch(/Click for \d session/);
    await page.mouse.down();
    await page.mouse.up();
    await expect.poll(() => new URL(page.url()).pathname, patient).toBe('/sessions');
    expect(new URL(page.url()).searchParams.get('version')).toMatch(/^2\./);
  });

  it('shows distributions, and the same in a browser that gets the link', async () => {
    const page = await stage.open(`${server.url}/explore?metric=response_time_ms&by=machine`);
    await untilReady(page, 'explore');
    await page.keyboard.press('3');
    const rows = page.locator('li.spread-row');
    await expect.poll(() => rows.count(), patient).toBe(3);
    const again = await stage.open(page.url());
    await untilReady(again, 'explore');
    expect(await again.locator('li.spread-row').allInnerTexts()).toEqual(
      await rows.allInnerTexts(),
    );
  });

  it('says that nothing lies in a range, and leads out of it', async () => {
    const page = await stage.open(
      `${server.url}/explore?metric=order_queue&from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z`,
    );
    await untilReady(page, 'explore');
    await page.getByText('No sample lies in this range').waitFor();
    await page.getByRole('button', { name: 'Look at all times' }).click();
    await expect.poll(() => page.locator('.explore-row').count(), patient).toBe(2);
  });

  it('fits every width, and keeps nobody out', async () => {
    for (const screen of ['desk', 'tablet', 'phone'] as const) {
      for (const view of ['time', 'spread']) {
        const url = `${server.url}/explore?metric=order_queue&view=${view}`;
        const page = await stage.open(url, { screen, theme: 'dark' });
        await untilReady(page, 'explore');
        expect(await overflow(page)).toEqual([]);
        expect(await barriers(page)).toEqual([]);
      }
    }
  });
});
