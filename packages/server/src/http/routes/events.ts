/** `POST /api/sessions/:id/events`: one event, an array of them, or lines. */
import { draftEvent, draftEvents } from '../../record/draft.ts';
import { parseBody, parseLines } from '../body.ts';
import { type ReadDraft, requireMediaType } from '../write.ts';

/** Reads the body. */
export const readEvents: ReadDraft = (body, nowUs) => {
  requireMediaType(body, true);
  if (body.mediaType === 'ndjson') return draftEvents(parseLines(body.bytes), nowUs);
  const value = parseBody(body.bytes);
  return Array.isArray(value) ? draftEvents(value, nowUs) : draftEvent(value, nowUs);
};
