/** The keys of the recorder, of the state and of the events: what the help tells is what happens. */
import { describe, expect, inject, it } from 'vitest';
import { get } from '../whole/http.ts';
import { crashedRun } from './crashed-run.ts';
import {
  changes,
  focuses,
  frees,
  makes,
  minutes,
  opposite,
  press,
  proveAll,
  zooms,
} from './keys.ts';
import { setStage, untilReady } from './stage.ts';

const stage = setStage();
const demo = inject('demoUrl');

describe('the keys of a session', () => {
  it('walk through a run, its state and its events', async () => {
    const { id, created_at, duration_ms, patches } = await crashedRun(demo);
    const page = await stage.open(`${demo}/sessions/${id}`);
    await untilReady(page, 'session');
    const state = page.getByRole('complementary', { name: 'State at the cursor' });
    const cursor = () => state.getByRole('time').first().innerText();
    const chart = page.getByRole('img', { name: 'memory_rss over time' });
    await proveAll(page, 'Recorder', [
      [
        'g d To the death',
        async () => {
          await press(page, 'g d');
          await state.getByRole('button', { name: /^At death/, pressed: true }).waitFor();
        },
      ],
      ['Esc Free the cursor', () => frees(page, chart, cursor)],
      ['← → Move the cursor', () => opposite(page, ['ArrowLeft', 'ArrowRight'], cursor)],
      [
        'Shift ← Shift → Move it far',
        () => opposite(page, ['Shift+ArrowLeft', 'Shift+ArrowRight'], cursor),
      ],
      ['+ - Zoom', () => zooms(page)],
      [
        '0 Whole run',
        async () => {
          expect(minutes(page)).toBeLessThan(3);
          await press(page, '0');
          await page.getByRole('button', { name: /^In view: Whole run/ }).waitFor();
          await expect.poll(() => minutes(page) * 60_000).toBeGreaterThan(duration_ms);
        },
      ],
      [
        'g s To the start',
        async () => {
          await makes(page, 'g s', cursor, clock(created_at));
        },
      ],
      [
        'e E Next or previous error',
        async () => {
          const told = await get(`${demo}/api/sessions/${id}/events?level=error&level=critical`);
          const errors = (told.json as { events: RecordedEvent[] }).events.map((event) => [
            clock(event.timestamp),
            event.name === 'exception' ? event.exception_type : event.name,
          ]);
          expect(errors).toHaveLength(4);
          const open = page.getByRole('table', { name: /^Events/ }).locator('[aria-expanded=true]');
          const at = async () => [await cursor(), await open.innerText()];
          for (const error of errors) await makes(page, 'e', at, error);
          for (const error of errors.slice(0, -1).reverse()) await makes(page, 'E', at, error);
        },
      ],
      ['m Choose metrics', () => focuses(page, 'm', 'Find a metric')],
    ]);
    await proveAll(page, 'State', [
      [
        '[ ] Previous, next revision',
        async () => {
          const revision = () => state.getByText(/^rev \d+ of \d+$/).innerText();
          await press(page, 'g d [');
          await makes(page, '[', revision, `rev ${patches - 1} of ${patches}`);
          await makes(page, ']', revision, `rev ${patches} of ${patches}`);
        },
      ],
      [
        'p Pin the key as a lane',
        async () => {
          // At first to what changed, then the key that is marked.
          await press(page, 'p');
          const key = state.getByRole('treeitem', { selected: true });
          await expect.poll(() => key.innerText()).toMatch(/failed\s+0 → 1/);
          const lane = page.getByRole('button', { name: 'Remove the lane of loader.failed' });
          await press(page, 'p');
          await lane.waitFor();
          await press(page, 'p');
          await lane.waitFor({ state: 'detached' });
        },
      ],
    ]);
    await proveAll(page, 'Events', [
      [
        'j k Next, previous event (Enter opens it)',
        async () => {
          const marked = page.locator(':focus');
          const row = () => page.getByRole('row').filter({ has: marked }).innerText();
          await press(page, 'j');
          await opposite(page, ['j', 'k'], row);
          await changes(page, 'Enter', () => marked.getAttribute('aria-expanded'));
        },
      ],
      ['/ Search the events', () => focuses(page, '/', 'Search events')],
    ]);
  });
});

/** An event of it. */
interface RecordedEvent {
  name: string;
  timestamp: string;
  exception_type?: string;
}

/** What a clock in Berlin shows. */
function clock(time: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: 'Europe/Berlin' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 1 },
  }).format(new Date(time));
}
