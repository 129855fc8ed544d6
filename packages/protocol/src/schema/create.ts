/** The body of `POST /api/sessions`: what a client says about a session when it starts. */
import Type, { type Static } from 'typebox';
import { TachoError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { bad, type Fields, isAbsent, optionalObject, optionalText, shown } from './fields.ts';
import * as shape from './shapes.ts';

const startFields = {
  product: shape.fullText(limits.productLengthMax, 'What runs'),
  version: shape.fullText(limits.versionLengthMax, 'Which version of it'),
  machine_id: shape.maybe(shape.text(limits.machineIdLengthMax, 'Stable identity of the machine')),
  hostname: shape.maybe(shape.text(limits.hostnameLengthMax, 'Name of the machine, for display')),
  boot_id: shape.maybe(shape.text(limits.bootIdLengthMax, 'Identity of the boot of the machine')),
  agent_id: shape.maybe(shape.text(limits.agentIdLengthMax, 'Identity of the agent process')),
  state: shape.maybe(shape.anyObject('State at the start')),
  initial_state: shape.maybe(shape.anyObject('Other name of `state`; counts when that is absent')),
};

/** Schema of a create request. */
export const createBody = Type.Object(
  {
    ...startFields,
    id: shape.maybe(
      Type.Union([shape.uuid, Type.Literal('')], {
        description: 'Id minted by the client; makes create idempotent',
      }),
    ),
  },
  {
    title: 'NewSession',
    description: 'A new session',
    examples: [
      { product: 'shop', version: '2.4.0', machine_id: 'till-3', hostname: 'till-3.example' },
    ],
  },
);

/** Schema of what `start` entries of a batch carry beside kind, session and time. */
export const startBody = Type.Object(startFields, { description: 'A new session' });

/** A create request as it is sent. */
export type CreateBody = Static<typeof createBody>;

/** What is known of a session when it starts; what is absent was not said. */
export interface SessionStart {
  product: string;
  version: string;
  machineId?: string;
  hostname?: string;
  bootId?: string;
  agentId?: string;
  /** As sent, without `product` and `version`. */
  state?: JsonObject;
}

/** A create request as it was understood. */
export interface CreateInput {
  /** Lower-case UUID; absent when the server is to mint it. */
  id?: string;
  start: SessionStart;
}

/** Reads a create request; throws `invalid_body` or `invalid_field`. */
export function readCreate(body: unknown): CreateInput {
  const start = readStart(body);
  const { id } = body as Fields;
  if (isAbsent(id) || id === '') return { start };
  return { id: readUuid(id, 'id'), start };
}

/** Reads what a session says of itself when it starts. */
export function readStart(body: unknown): SessionStart {
  if (!isJsonObject(body)) {
    throw new TachoError('invalid_body', `${required}: the body ${shown(body)}, not an object.`);
  }
  const start: SessionStart = {
    product: readRequired(body.product, 'product', limits.productLengthMax),
    version: readRequired(body.version, 'version', limits.versionLengthMax),
  };
  for (const [field, key, max] of optionalFields) {
    const text = optionalText(body[field], field, max);
    if (text !== '') start[key] = text;
  }
  const state = optionalObject(body.state, 'state', limits.stateBytesMax);
  const initial = optionalObject(body.initial_state, 'initial_state', limits.stateBytesMax);
  const chosen = state ?? initial;
  if (chosen !== undefined) start.state = chosen;
  return start;
}

/** Reads a UUID of any version; gives it in lower case. */
export function readUuid(value: unknown, field: string): string {
  if (value === lastSent) return lastRead;
  if (typeof value === 'string' && uuidForm.test(value)) {
    lastSent = value;
    lastRead = value.toLowerCase();
    return lastRead;
  }
  throw bad(field, shown(value), 'a UUID such as 550e8400-e29b-41d4-a716-446655440000');
}

/** The last UUID read; the entries of a batch are mostly of one session. */
let lastSent = '00000000-0000-0000-0000-000000000000';
let lastRead = lastSent;

const uuidForm = new RegExp(shape.uuidPattern);

/** DataCat's own words, which its users know. */
const required = 'Product and version are required fields';

const optionalFields = [
  ['machine_id', 'machineId', limits.machineIdLengthMax],
  ['hostname', 'hostname', limits.hostnameLengthMax],
  ['boot_id', 'bootId', limits.bootIdLengthMax],
  ['agent_id', 'agentId', limits.agentIdLengthMax],
] as const;

function readRequired(value: unknown, field: string, max: number): string {
  if (typeof value !== 'string' || value === '') {
    throw new TachoError(
      'invalid_field',
      `${required}: ${field} ${shown(value)}; expected a string that is not empty.`,
    );
  }
  return optionalText(value, field, max);
}
