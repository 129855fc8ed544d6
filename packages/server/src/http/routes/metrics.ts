/** `POST /api/sessions/:id/metrics`: one metric, an array of them, or lines. */
import { draftMetric, draftMetrics } from '../../record/draft.ts';
import { parseBody, parseLines } from '../body.ts';
import { type ReadDraft, requireMediaType } from '../write.ts';

/** Reads the body. */
export const readMetrics: ReadDraft = (body, nowUs) => {
  requireMediaType(body, true);
  if (body.mediaType === 'ndjson') return draftMetrics(parseLines(body.bytes), nowUs);
  const value = parseBody(body.bytes);
  return Array.isArray(value) ? draftMetrics(value, nowUs) : draftMetric(value, nowUs);
};
