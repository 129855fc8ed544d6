/** `POST /api/sessions/:id/heartbeat`, `…/end` and `…/crash`: signs of life and of its end. */
import { type JsonValue, TachoError } from '@tacho/protocol';
import { draftCrash, draftEnd, draftHeartbeat } from '../../record/draft.ts';
import { parseBody } from '../body.ts';
import { type Body, type ReadDraft, requireMediaType } from '../write.ts';

/** Reads a heartbeat: its body says nothing, as in the DataCat protocol. */
export const readHeartbeat: ReadDraft = (body, nowUs) => {
  requireJsonUnlessEmpty(body);
  return draftHeartbeat(nowUs);
};

/** Reads an end: in the DataCat protocol its body says nothing, here it may say the cause. */
export const readEndReport: ReadDraft = (body, nowUs) => {
  requireJsonUnlessEmpty(body);
  return draftEnd(jsonIfReadable(body), nowUs);
};

/** Reads a crash report: what cannot be read is still a crash. */
export const readCrashReport: ReadDraft = (body, nowUs) => {
  requireJsonUnlessEmpty(body);
  return draftCrash(jsonIfReadable(body), nowUs);
};

function requireJsonUnlessEmpty(body: Body): void {
  if (body.bytes !== undefined) requireMediaType(body, false);
}

function jsonIfReadable({ bytes }: Body): JsonValue | undefined {
  if (bytes === undefined) return undefined;
  try {
    return parseBody(bytes);
  } catch (error) {
    if (error instanceof TachoError) return undefined;
    throw error;
  }
}
