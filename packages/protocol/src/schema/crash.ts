/** The body of `POST …/crash`; a crash is recorded whatever its body looks like. */
import Type, { type Static } from 'typebox';
import { isJsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { cut, isAbsent } from './fields.ts';

/** Schema of a crash report. */
export const crashBody = Type.Object(
  {
    reason: Type.Optional(
      Type.Unknown({
        description: `Why, as text; cut to ${limits.reasonLengthMax} characters`,
      }),
    ),
  },
  {
    title: 'CrashReport',
    description: 'A crash report',
    examples: [{ reason: 'parent_process_terminated' }],
  },
);

/** A crash report as it is sent. */
export type CrashBody = Static<typeof crashBody>;

/** Reason of a crash report without a readable one. */
export const unknownReason = 'abnormal_termination';

/** Reads a crash report; never throws, because a crash badly described is still a crash. */
export function readCrash(body: unknown): { reason: string } {
  if (!isJsonObject(body)) return { reason: unknownReason };
  const { reason } = body;
  if (isAbsent(reason)) return { reason: '' };
  if (typeof reason !== 'string') return { reason: unknownReason };
  return { reason: cut(reason, limits.reasonLengthMax) };
}
