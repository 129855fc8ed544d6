/** Session filters: which sessions a question is about, as parameters and as understood. */
import Type from 'typebox';
import { type CauseKind, causeKinds } from './cause.ts';
import { limits } from './limits.ts';
import { type Outcome, outcomes } from './outcome.ts';
import {
  flagParam,
  instantParam,
  many,
  type Param,
  type Params,
  type ParamsOf,
  textParam,
  wordParam,
} from './params.ts';
import { type Lifecycle, type Liveness, lifecycles, livenesses } from './session.ts';
import { parseStateCondition, type StateCondition } from './state-path.ts';

/** Which sessions are meant: all fields that are there must hold, of a list any one value. */
export interface SessionFilter {
  /** Ids or prefixes of them, lower case. */
  ids?: readonly string[];
  products?: readonly string[];
  versions?: readonly string[];
  /** Machine ids. */
  machines?: readonly string[];
  hostnames?: readonly string[];
  lifecycles?: readonly Lifecycle[];
  /** Only active sessions have one. */
  livenesses?: readonly Liveness[];
  outcomes?: readonly Outcome[];
  causes?: readonly CauseKind[];
  /** Whether it ever hung. */
  hadHang?: boolean;
  /** Sessions that had begun before `toUs` and had not ended by `fromUs`; half open. */
  fromUs?: number;
  toUs?: number;
  /** All of these must hold for the state as it is now, or was at the end. */
  state?: readonly StateCondition[];
  /** It recorded an event with one of these names. */
  events?: readonly string[];
  /** It recorded an exception of one of these types, or of a group with one of these ids. */
  exceptions?: readonly string[];
  /** All these words, the last one as a beginning, stand in one of its events (see `matchesText`). */
  text?: string;
}

const stateParam: Param<StateCondition | undefined> = {
  schema: Type.String({ minLength: 1, examples: ['page=checkout', 'cart.items>3', '!order'] }),
  description:
    'Condition on the state: `path=value`, also `!=`, `<`, `<=`, `>`, `>=`, `path` (exists) or `!path` (does not); names of the path are joined by dots',
  accepted: 'path=value (or !=, <, <=, >, >=), path, or !path',
  many: false,
  preset: undefined,
  read: parseStateCondition,
};

/** The filter as parameters; each list takes several, of which one must hold. */
export const filterParams = {
  id: many(textParam('Id of the session or a beginning of it', 36)),
  product: many(textParam('Product', limits.productLengthMax)),
  version: many(textParam('Version', limits.versionLengthMax)),
  machine: many(textParam('Machine id', limits.machineIdLengthMax)),
  hostname: many(textParam('Host name', limits.hostnameLengthMax)),
  lifecycle: many(wordParam(lifecycles, 'How its run stands')),
  liveness: many(wordParam(livenesses, 'How an active session is doing')),
  outcome: many(wordParam(outcomes, 'Class of release health')),
  cause: many(wordParam(causeKinds, 'Why it ended')),
  hung: flagParam('Whether it ever hung'),
  from: instantParam('Only sessions that had not ended by then'),
  to: instantParam('Only sessions that had begun before'),
  state: many(stateParam),
  event: many(textParam('Name of an event that it recorded', limits.eventNameLengthMax)),
  exception: many(
    textParam(
      'Type of an exception that it recorded, or id of a group',
      limits.exceptionTypeLengthMax,
    ),
  ),
  text: textParam('Words of one of its events, the last one as a beginning'),
} satisfies Params;

/** The filter that parameters stand for; what was not given is absent. */
export function filterOf(params: ParamsOf<typeof filterParams>): SessionFilter {
  const filter: Record<string, unknown> = {
    ids: params.id.map((id) => id.toLowerCase()),
    products: params.product,
    versions: params.version,
    machines: params.machine,
    hostnames: params.hostname,
    lifecycles: params.lifecycle,
    livenesses: params.liveness,
    outcomes: params.outcome,
    causes: params.cause,
    hadHang: params.hung,
    fromUs: params.from,
    toUs: params.to,
    state: params.state,
    events: params.event,
    exceptions: params.exception,
    text: params.text,
  };
  for (const [name, value] of Object.entries(filter)) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) delete filter[name];
  }
  return filter;
}
