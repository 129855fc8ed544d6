/** One session's history as the API tells it: its states and its last events. */
import { type Level, limits, type ReplyOf, routes } from '@tacho/protocol';
import { type Asker, pathOf, type Query } from './ask.ts';

/** A state as it was. */
export type RecordedState = ReplyOf<typeof routes.getState>;

/** What differs between two states. */
export type StateDifference = ReplyOf<typeof routes.diffState>;

/** An event with its time and number. */
export type RecordedEvent = ReplyOf<typeof routes.listEvents>['events'][number];

/** Which events are meant. */
export interface EventWish {
  levels?: readonly Level[] | undefined;
  names?: readonly string[] | undefined;
}

/** The state at an instant or of a revision, as the API takes them; the last one when neither is said. */
export async function stateOf(asker: Asker, id: string, when: Query): Promise<RecordedState> {
  const reply = await asker.json(pathOf(routes.getState.path, { id }), when);
  return reply as unknown as RecordedState;
}

/** What differs between the states at two instants. */
export async function differenceOf(
  asker: Asker,
  id: string,
  from: string,
  to: string,
): Promise<StateDifference> {
  const reply = await asker.json(pathOf(routes.diffState.path, { id }), { from, to });
  return reply as unknown as StateDifference;
}

/** The last events, in order of time; as many as asked for, page by page. */
export async function lastEventsOf(
  asker: Asker,
  id: string,
  count: number,
  { levels, names }: EventWish,
): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  let cursor: string | undefined;
  while (found.length < count) {
    const limit = Math.min(limits.pageRowsMax, count - found.length);
    const query = { level: levels, name: names, order: 'desc', limit, cursor };
    const reply = await asker.json(pathOf(routes.listEvents.path, { id }), query);
    const page = reply as unknown as ReplyOf<typeof routes.listEvents>;
    found.push(...page.events);
    if (page.next === null) break;
    cursor = page.next;
  }
  return found.reverse();
}
