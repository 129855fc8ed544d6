/** What keys do in the recorder. */
import { ask } from '../../../api.ts';
import { ms } from '../../../format/time.ts';
import { type Binding, useKeys } from '../../../keyboard.ts';
import type { SessionModel } from '../model.ts';
import type { Feed } from './feed.ts';
import { cursorStepMs, zoomed } from './scale.ts';

/** Zoom of one press. */
const keyZoom = 1.5;

/** Name of the event of the page that opens a row of the table of events; `detail` is `{ seq }`. */
export const openEventName = 'tacho:event';

/** Opens an event in the table. */
export function openEvent(seq: number): void {
  dispatchEvent(new CustomEvent(openEventName, { detail: { seq } }));
}

/** Gives the keys of the recorder their meaning. */
export function useRecorderKeys(model: SessionModel, feed: Feed): void {
  const step = (times: number) => () => {
    const at = model.cursorMs.peek() + times * cursorStepMs(feed.scale.peek());
    model.setCursor(at, { pin: true });
  };
  const zoom = (factor: number) => () => {
    const [from, to] = zoomed(feed.scale.peek(), model.cursorMs.peek(), factor);
    model.setView(from, to, { step: true });
  };
  const go = (at: () => number) => () => model.setCursor(at(), { pin: true });
  const bind = (keys: string, label: string, run: () => void): Binding => ({
    ...{ keys, label, run },
    group: 'Recorder',
  });
  useKeys([
    bind('ArrowLeft', 'Move the cursor', step(-1)),
    bind('ArrowRight', 'Move the cursor', step(1)),
    bind('Shift+ArrowLeft', 'Move it far', step(-10)),
    bind('Shift+ArrowRight', 'Move it far', step(10)),
    bind('+', 'Zoom', zoom(1 / keyZoom)),
    bind('-', 'Zoom', zoom(keyZoom)),
    bind('0', 'Whole run', () => model.showAll()),
    bind(
      'g d',
      'To the death',
      go(() => model.endMs.peek()),
    ),
    bind(
      'g s',
      'To the start',
      go(() => model.startMs.peek()),
    ),
    bind('e', 'Next or previous error', () => void toError(model, feed, 1)),
    bind('E', 'Next or previous error', () => void toError(model, feed, -1)),
    bind('Escape', 'Free the cursor', () => {
      model.isPinned.value = false;
    }),
  ]);
}

/** How far two times may differ and still be the same, since addresses have a thousandth of a millisecond. */
const sameMs = 0.01;

/** Errors that are asked for: those of the millisecond where the cursor stands come first, and are passed over. */
const errorsMax = 100;

/** Moves the cursor to the next error, or the one before; the server knows those out of sight. */
async function toError(model: SessionModel, feed: Feed, direction: 1 | -1): Promise<void> {
  const at = model.cursorMs.peek();
  const isBeyond = (time: number): boolean => (time - at) * direction > sameMs;
  const instant = new Date(Math.round(at)).toISOString();
  const query = {
    ...{ level: ['error', 'critical'], limit: errorsMax, order: direction > 0 ? 'asc' : 'desc' },
    ...(direction > 0 ? { from: instant } : { to: new Date(Math.ceil(at)).toISOString() }),
  };
  const near = feed.timeline
    .peek()
    ?.marks.filter(({ level }) => level === 'error' || level === 'critical')
    .map(({ seq, timestamp }) => ({ seq, atMs: ms(timestamp) }))
    .filter(({ atMs }) => isBeyond(atMs));
  // Marks of the view may be left out where there are many; the server has all of them.
  const answer = await ask('listEvents', { id: model.id, query }).catch(() => undefined);
  const told = answer?.events.map(({ seq, timestamp }) => ({ seq, atMs: ms(timestamp) }));
  const found = (told ?? near ?? [])
    .filter(({ atMs }) => isBeyond(atMs))
    .sort((a, b) => (a.atMs - b.atMs) * direction)[0];
  if (found === undefined) return;
  model.setCursor(found.atMs, { pin: true });
  openEvent(found.seq);
}
