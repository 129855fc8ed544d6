/** `GET /api/sessions/counts`: sessions counted by what they have in common and by time. */
import { compareTexts, filterOf, formatFacet, formatTime, limits, routes } from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import type { GroupKey, SessionGroup } from '../../store/store.ts';
import { addQuestion } from '../question.ts';
import type { Service } from '../service.ts';
import { totalsJson } from '../session-row.ts';
import { tooManySteps } from './releases.ts';

type Value = SessionGroup['values'][number];

/** Adds the route. */
export function addCountsRoute(app: FastifyInstance, service: Service): void {
  addQuestion(app, service, routes.countSessions, async ({ params, nowUs }) => {
    const { by, every } = params;
    const texts = by.map(formatFacet);
    const keys: GroupKey[] = [...by];
    if (every !== undefined) keys.unshift({ by: 'time', widthUs: every });
    const groups = await service.store.groups({ filter: filterOf(params), by: keys, nowUs });
    const complete = groups.length < limits.groupsMax;
    // The largest groups of a bar chart are no bar chart.
    if (every !== undefined && !complete) throw tooManySteps('fields of fewer values in by');
    return {
      every_ms: every === undefined ? null : every / 1000,
      groups: groups.sort(byValues).map((group) => {
        const values = group.values.map(textOf);
        const time = every === undefined ? null : values.shift();
        return {
          by: Object.fromEntries(texts.map((text, i) => [text, values[i] ?? null])),
          ...(time !== null && { time: formatTime(Number(time)) }),
          ...totalsJson(group),
        };
      }),
      complete,
    };
  });
}

/** In order of the first value, then of the second …: null, numbers, texts by code points. */
function byValues(a: SessionGroup, b: SessionGroup): number {
  for (const [i, value] of a.values.entries()) {
    const order = compareValues(value, b.values[i] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(a: Value, b: Value): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : compareTexts(String(a), String(b));
}

function textOf(value: Value): string | null {
  return value === null ? null : String(value);
}
