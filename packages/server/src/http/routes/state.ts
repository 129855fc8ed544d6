/** `POST /api/sessions/:id/state`: a merge patch of the session's state. */
import { draftState } from '../../record/draft.ts';
import { parseBody } from '../body.ts';
import { type ReadDraft, requireMediaType } from '../write.ts';

/** Reads the body; an empty one is an empty patch. */
export const readStatePatch: ReadDraft = (body, nowUs) => {
  if (body.bytes === undefined) return draftState(null, nowUs);
  requireMediaType(body, false);
  return draftState(parseBody(body.bytes), nowUs);
};
