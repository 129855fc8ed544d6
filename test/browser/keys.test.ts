/** The keys: what the help of each page tells, line by line, is what happens when they are pressed. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { post } from '../whole/http.ts';
import { type Server, startServer } from '../whole/server.ts';
import {
  focuses,
  frees,
  helpOf,
  makes,
  opposite,
  pathname,
  press,
  proveAll,
  said,
  type Told,
  zooms,
} from './keys.ts';
import { recordRuns, runIds } from './runs.ts';
import { setStage, untilReady } from './stage.ts';

const stage = setStage();
const demo = inject('demoUrl');
let server: Server;

beforeAll(async () => {
  server = await startServer();
  await recordRuns(server.url, Date.now() - 60_000);
});

afterAll(async () => {
  await server?.stop();
});

async function open(address: string, name: string): Promise<Page> {
  const page = await stage.open(address);
  await untilReady(page, name);
  return page;
}

describe('the keys of everywhere', () => {
  const pages = [
    ['g o', 'Overview', '/'],
    ['g l', 'Sessions', '/sessions'],
    ['g m', 'Metrics', '/explore'],
    ['g c', 'Compare', '/compare'],
    ['g v', 'Versions', '/versions'],
    ['g ,', 'Settings', '/settings'],
  ] as const;
  const everywhere: Told[] = [
    ['? All keys', helpOf],
    [
      '/ Search',
      async (page) => {
        await press(page, '/');
        const search = page.getByRole('dialog', { name: 'Search' });
        await search.waitFor();
        await press(page, 'Escape');
        await search.waitFor({ state: 'hidden' });
      },
    ],
    ...pages.map(
      ([keys, name, path]): Told => [
        `${keys} ${name}`,
        (page) => makes(page, keys, () => pathname(page), path),
      ],
    ),
  ];

  it('are told on a page without keys of its own, and are true', async () => {
    const page = await open(`${server.url}/versions`, 'versions');
    expect([...(await helpOf(page)).keys()]).toEqual(['Everywhere']);
    await proveAll(page, 'Everywhere', everywhere);
    expect([...(await helpOf(page)).keys()]).toEqual(['Everywhere']);
  });

  it('are not told where the page gives them another meaning', async () => {
    const page = await open(`${server.url}/sessions`, 'sessions');
    const help = await helpOf(page);
    expect(help.get('Sessions')).toContain('/ Filter');
    expect(help.get('Everywhere')).not.toContain('/ Search');
  });
});

describe('the keys of the overview', () => {
  it('choose a product by the place of its card', async () => {
    const page = await open(demo, 'overview');
    const cards = page.getByRole('region', { name: 'Products' }).getByRole('button');
    const names = (await cards.allInnerTexts()).map((text) => text.split('\n')[0]!);
    expect(names).toHaveLength(3);
    await proveAll(page, 'Overview', [
      [
        '1 2 3 Product by its place',
        async () => {
          for (const place of [3, 2, 1]) {
            await press(page, String(place));
            const card = cards.nth(place - 1);
            await expect.poll(() => card.getAttribute('aria-pressed')).toBe('true');
            await expect.poll(() => said(page, 'product')).toBe(names[place - 1]);
          }
        },
      ],
    ]);
  });
});

describe('the keys of the list', () => {
  it('move, select, open, compare, show what is new, and let go', async () => {
    const page = await open(`${server.url}/sessions`, 'sessions');
    const rows = page.getByRole('table', { name: 'Sessions' }).getByRole('row');
    const at = () => page.getByText(/^Row \d+ of \d+$/).innerText();
    const selected = (n: number) => page.getByText(`${n} selected`);
    await rows.nth(3).waitFor();
    await proveAll(page, 'Sessions', [
      ['j Next session', () => makes(page, 'j j', at, 'Row 2 of 3')],
      ['k Previous session', () => makes(page, 'k', at, 'Row 1 of 3')],
      [
        'Enter Open',
        async () => {
          await makes(page, 'Enter', () => pathname(page), `/sessions/${runIds[0]}`);
          await page.goBack();
          await rows.nth(3).waitFor();
        },
      ],
      [
        'x Select',
        async () => {
          await press(page, 'j x');
          await selected(1).waitFor();
        },
      ],
      [
        'n Show new sessions',
        async () => {
          const body = { product: 'newcomer', version: '1', machine_id: 'till-9' };
          expect((await post(`${server.url}/api/sessions`, body)).status).toBe(201);
          await page.getByText('1 new session').waitFor();
          await press(page, 'n');
          await expect.poll(() => rows.nth(1).innerText()).toContain('newcomer');
        },
      ],
      [
        'c Compare the selected',
        async () => {
          await press(page, 'j x');
          await selected(2).waitFor();
          await makes(page, 'c', () => pathname(page), '/compare');
          const ids = new URL(page.url()).searchParams.getAll('id');
          expect(ids.sort()).toEqual([runIds[1], runIds[2]]);
          await page.goBack();
          await selected(2).waitFor();
        },
      ],
      [
        'Esc Clear the selection',
        async () => {
          await press(page, 'Escape');
          await selected(2).waitFor({ state: 'detached' });
        },
      ],
      ['/ Filter', () => focuses(page, '/', 'Add a filter')],
    ]);
  });
});

describe('the keys of the metrics', () => {
  it('choose what is drawn, and walk through it', async () => {
    const page = await open(`${server.url}/explore?metric=order_queue`, 'explore');
    const cursor = () => page.getByRole('paragraph').filter({ hasText: 'steps of' }).innerText();
    await expect.poll(cursor).toBe('Last values · steps of 30 s');
    const lines = page.getByRole('img', { name: 'avg of order_queue, 2 lines' });
    const chosen = (name: string) => page.getByRole('button', { name, pressed: true }).waitFor();
    await proveAll(page, 'Metrics', [
      ['← → Move the cursor', () => opposite(page, ['ArrowLeft', 'ArrowRight'], cursor)],
      [
        'Shift ← Shift → Move the cursor by ten steps',
        () => opposite(page, ['Shift+ArrowLeft', 'Shift+ArrowRight'], cursor),
      ],
      ['Esc Let the cursor follow the pointer', () => frees(page, lines, cursor)],
      ['+ - Zoom', () => zooms(page)],
      [
        '0 All times',
        async () => {
          await press(page, '0');
          await chosen('All');
        },
      ],
      ['m Choose a metric', () => focuses(page, 'm', 'Find a metric')],
      [
        'f Choose a function',
        async () => {
          await press(page, 'f');
          await page.getByRole('button', { name: /^p95 / }).press('Enter');
          await page.getByRole('button', { name: 'Function: p95' }).waitFor();
        },
      ],
      [
        'b Choose what to group by',
        async () => {
          await press(page, 'b');
          await page.getByRole('button', { name: /^machine/ }).press('Enter');
          await page.getByRole('button', { name: 'Grouped by: machine' }).waitFor();
        },
      ],
      [
        '1 2 3 Over time, from start, distribution',
        async () => {
          for (const [key, name] of [
            ['3', 'Distribution'],
            ['2', 'From start'],
            ['1', 'Time'],
          ] as const) {
            await press(page, key);
            await chosen(name);
          }
        },
      ],
      ['/ Filter', () => focuses(page, '/', 'Add a filter')],
    ]);
  });
});

describe('the keys of a comparison', () => {
  it('lay the runs over each other, hide them, and walk through them', async () => {
    const ids = runIds.map((id) => `id=${id}`).join('&');
    const page = await open(`${server.url}/compare?${ids}`, 'compare');
    const cursor = () => page.locator('.cursor .flag').innerText();
    const chart = page.getByRole('img', { name: /^order_queue/ });
    const chosen = (name: string) =>
      page.getByRole('button', { name, exact: true, pressed: true }).waitFor();
    await press(page, 'ArrowLeft');
    await proveAll(page, 'Compare', [
      ['← → Move the cursor', () => opposite(page, ['ArrowLeft', 'ArrowRight'], cursor)],
      [
        'Shift ← Shift → Move the cursor by ten steps',
        () => opposite(page, ['Shift+ArrowLeft', 'Shift+ArrowRight'], cursor),
      ],
      ['Esc Let the cursor follow the pointer', () => frees(page, chart, cursor)],
      ['+ - Zoom', () => zooms(page)],
      [
        '0 The whole run',
        async () => {
          await press(page, '0');
          await page.getByRole('button', { name: 'Whole run' }).waitFor();
        },
      ],
      [
        '1 2 3 Align at start, death, clock',
        async () => {
          for (const [key, name] of [
            ['1', 'Start'],
            ['3', 'Clock'],
            ['2', 'Death'],
          ] as const) {
            await press(page, key);
            await chosen(name);
          }
        },
      ],
      [
        'd Only differences of the state, or all of it',
        async () => {
          await press(page, 'd');
          await chosen('All');
          await press(page, 'd');
          await chosen('Differs');
        },
      ],
      ['m Choose the metrics', () => focuses(page, 'm', 'Find a metric')],
      [
        'A B C Hide or show a run',
        async () => {
          const over = (n: number) =>
            page.getByRole('img', { name: `order_queue of ${n} runs` }).waitFor();
          for (const letter of ['A', 'B', 'C']) {
            const run = page.getByRole('button', { name: `Run ${letter}: shop` });
            await press(page, letter);
            await over(2);
            expect(await run.getAttribute('aria-pressed')).toBe('false');
            await press(page, letter);
            await over(3);
          }
        },
      ],
    ]);
  });
});
