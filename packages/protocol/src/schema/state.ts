/** The body of `POST …/state`: a merge patch, plain or wrapped together with its time. */
import Type, { type Static } from 'typebox';
import { TachoError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { checkSize, isAbsent, optionalTime, shown } from './fields.ts';
import * as shape from './shapes.ts';

/** Schema of a state update. */
export const stateBody = Type.Union(
  [
    Type.Object(
      { state: shape.anyObject('The patch'), timestamp: shape.maybe(shape.instant) },
      { additionalProperties: false, description: 'A patch with its time' },
    ),
    Type.Unsafe<JsonObject>(
      Type.Object(
        {},
        {
          // Whatever could be the wrapped form is the wrapped form.
          not: {
            type: 'object',
            required: ['state'],
            properties: { state: { type: 'object' }, timestamp: {} },
            additionalProperties: false,
          },
          description: 'The patch itself: null deletes, objects merge, anything else replaces',
        },
      ),
    ),
    Type.Null(),
  ],
  {
    title: 'StateUpdate',
    description: 'An update of the state (JSON Merge Patch, RFC 7386)',
    examples: [{ page: 'checkout', cart: { items: 3, coupon: null } }],
  },
);

/** A state update as it is sent. */
export type StateBody = Static<typeof stateBody>;

/** A state update as it was understood. */
export interface StateInput {
  patch: JsonObject;
  /** Epoch microseconds by the sender's clock; absent when it named no time. */
  atUs?: number;
}

/** Reads a state update; throws `invalid_body` or `invalid_field`. An absent body is an empty patch. */
export function readState(body: unknown, nowUs: number): StateInput {
  if (isAbsent(body)) return { patch: {} };
  if (!isJsonObject(body)) {
    throw new TachoError('invalid_body', `The body ${shown(body)}; expected a JSON object.`);
  }
  const { state } = body;
  if (!isJsonObject(state) || !Object.keys(body).every((key) => wrappedKeys.has(key))) {
    checkSize(body, 'state', limits.stateBytesMax);
    return { patch: body };
  }
  checkSize(state, 'state', limits.stateBytesMax);
  const atUs = optionalTime(body.timestamp, 'timestamp', nowUs);
  return atUs === undefined ? { patch: state } : { patch: state, atUs };
}

/** A body with other keys is plain state, even when one of them is `state`. */
const wrappedKeys: ReadonlySet<string> = new Set(['state', 'timestamp']);
