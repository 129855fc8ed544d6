/** Endpoints about one session's history: its events, its state over time, and how it came to its end. */
import { levels } from '../event.ts';
import { limits } from '../limits.ts';
import {
  durationParam,
  instantParam,
  many,
  preset,
  textParam,
  wholeParam,
  wordParam,
} from '../params.ts';
import {
  aroundParam,
  endParam,
  eventCursorParam,
  momentParam,
  revisionCursorParam,
} from '../place.ts';
import {
  eventCountsReply,
  eventsReply,
  momentsReply,
  moversReply,
  stateAtReply,
  stateDiffReply,
  stateHistoryReply,
  timelineReply,
} from '../schema/history.ts';
import { answer, questionErrors, type Route, sessionErrors } from './route.ts';

const errors = [...questionErrors, ...sessionErrors] as const;

const order = preset(wordParam(['asc', 'desc'], 'In order of time, or the last first'), 'asc');

const limit = preset(wholeParam(1, limits.pageRowsMax, 'Most rows of the page'), 100);

/** Which events are meant. */
const eventFilter = {
  level: many(wordParam(levels, 'Severity')),
  category: many(textParam('Category', limits.categoryLengthMax)),
  group: many(textParam('Logger or component', limits.groupLengthMax)),
  label: many(textParam('One of its labels', limits.labelLengthMax)),
  name: many(textParam('Name of the event', limits.eventNameLengthMax)),
  text: textParam('Words of its name, message or exception, the last one as a beginning'),
  from: instantParam('Only events from then on'),
  to: instantParam('Only events before'),
};

/** The endpoints by name. */
export const historyRoutes = {
  listEvents: {
    method: 'GET',
    path: '/api/sessions/{id}/events',
    summary: 'Events of a session in pages, by time and order of arrival, in both directions',
    scope: 'read',
    query: {
      ...eventFilter,
      order,
      limit,
      cursor: eventCursorParam,
      around: aroundParam,
    },
    example: 'level=error&level=critical&order=desc&limit=10',
    reply: answer(eventsReply),
    errors,
  },
  countEvents: {
    method: 'GET',
    path: '/api/sessions/{id}/events/counts',
    summary: 'How many events of a session there are of each level, name and type of exception',
    scope: 'read',
    query: {
      ...eventFilter,
      limit: preset(wholeParam(1, limits.pageRowsMax, 'Most kinds to tell'), 100),
    },
    example: 'limit=20',
    reply: answer(eventCountsReply),
    errors,
  },
  getState: {
    method: 'GET',
    path: '/api/sessions/{id}/state',
    summary:
      'The state of a session as it was: the state at its start and, in order of revision, all patches of that time or earlier',
    scope: 'read',
    query: {
      at: momentParam('When; `now` when absent. `death` is the end of a session that has ended'),
      revision: wholeParam(
        0,
        999_999_999,
        'In place of `at`: all patches up to this one, whatever their time',
      ),
    },
    example: 'at=now',
    reply: answer(stateAtReply),
    errors,
  },
  listStateHistory: {
    method: 'GET',
    path: '/api/sessions/{id}/state/history',
    summary: 'Patches of the state of a session in pages, by revision, with what each changed',
    scope: 'read',
    query: {
      path: textParam('Only revisions that changed what this path leads to; with both values'),
      from: instantParam('Only patches from then on'),
      to: instantParam('Only patches before'),
      order: preset(wordParam(['asc', 'desc'], 'In order of revision, or the last first'), 'asc'),
      limit,
      cursor: revisionCursorParam,
    },
    example: 'path=scene.name&order=desc',
    reply: answer(stateHistoryReply),
    errors,
  },
  diffState: {
    method: 'GET',
    path: '/api/sessions/{id}/state/diff',
    summary: 'What differs between two states of a session',
    scope: 'read',
    query: {
      from: momentParam('The one state; `start` when absent'),
      to: momentParam('The other state; `now` when absent'),
    },
    example: 'from=start&to=now',
    reply: answer(stateDiffReply),
    errors,
  },
  getTimeline: {
    method: 'GET',
    path: '/api/sessions/{id}/timeline',
    summary:
      'Everything in a session that is worth a mark, bucketed for a picture of a given width',
    scope: 'read',
    query: {
      from: instantParam('Left edge; the start of the session when absent'),
      to: instantParam('Right edge; its end or last activity when absent'),
      width: preset(
        wholeParam(
          limits.timelineWidthMin,
          limits.timelineWidthMax,
          `Width in pixels; a bucket is ${limits.timelineMarkPixels} of them`,
        ),
        1_000,
      ),
    },
    example: 'width=1200',
    reply: answer(timelineReply),
    errors,
  },
  listMovers: {
    method: 'GET',
    path: '/api/sessions/{id}/movers',
    summary:
      'Metrics of a session by how much they moved before its end, or before any instant, against the rest of the run',
    scope: 'read',
    query: {
      before: endParam('Where the window ends; the end of the session, or now, when absent'),
      window: preset(durationParam('Length of the window'), 60e6, '60s'),
      limit: preset(wholeParam(1, limits.pageRowsMax, 'Most metrics to show'), 20),
    },
    example: 'window=60s&limit=5',
    reply: answer(moversReply),
    errors,
  },
  listMoments: {
    method: 'GET',
    path: '/api/sessions/{id}/moments',
    summary: 'The dated steps of how a session came to its end, or of where it stands',
    scope: 'read',
    query: {
      pin: textParam(
        'Path of the state whose last change is shown; the one that changed last when absent, those left aside that change all the time',
      ),
    },
    example: 'pin=scene.name',
    reply: answer(momentsReply),
    errors,
  },
} as const satisfies Record<string, Route>;
