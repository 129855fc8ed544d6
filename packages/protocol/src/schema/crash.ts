/** The body of `POST …/crash`; a crash is recorded whatever its body looks like. */
import Type, { type Static } from 'typebox';
import type { CauseReport } from '../cause.ts';
import { isJsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { causeBody, readCause } from './cause.ts';
import { cut, isAbsent } from './fields.ts';

/** Schema of a crash report. */
export const crashBody = Type.Object(
  {
    reason: Type.Optional(
      Type.Unknown({
        description: `Why, as text; cut to ${limits.reasonLengthMax} characters`,
      }),
    ),
    cause: causeBody,
  },
  {
    title: 'CrashReport',
    description: 'A crash report',
    examples: [{ reason: 'parent_process_terminated' }],
  },
);

/** A crash report as it is sent. */
export type CrashBody = Static<typeof crashBody>;

/** A crash report as it was understood. */
export interface CrashInput {
  reason: string;
  cause?: CauseReport;
}

/** Reason of a crash report without a readable one. */
export const unknownReason = 'abnormal_termination';

/** Reads a crash report; never throws, because a crash badly described is still a crash. */
export function readCrash(body: unknown): CrashInput {
  if (!isJsonObject(body)) return { reason: unknownReason };
  const cause = readCause(body.cause, 'crash');
  return { reason: readReason(body.reason), ...(cause && { cause }) };
}

/** The body of `POST …/end`, which may be absent or anything. */
export const endBody = Type.Object(
  { cause: causeBody },
  {
    title: 'EndReport',
    description: 'How it ended, where somebody saw it',
    examples: [{ cause: { kind: 'exited', exit_code: 0 } }],
  },
);

/** Reads how a session ended; never throws. */
export function readEnd(body: unknown): { cause?: CauseReport } {
  const cause = isJsonObject(body) ? readCause(body.cause, 'end') : undefined;
  return cause === undefined ? {} : { cause };
}

function readReason(reason: unknown): string {
  if (isAbsent(reason)) return '';
  return typeof reason === 'string' ? cut(reason, limits.reasonLengthMax) : unknownReason;
}
