/** Resources: what OTLP says of the program that speaks, as the source of a session. */
import { type JsonObject, limits, stringifyJson, TachoError } from '@tacho/protocol';
import { runOfId, type Source, unknownVersion } from '../source.ts';
import type { Resource } from './messages.ts';
import { objectOf, textOf } from './value.ts';

/** A program as its resource tells. */
export interface Program {
  source: Source;
  /** Every attribute that the source does not show, for the state of the session. */
  attributes: JsonObject;
}

/** Attribute that names the session: of a resource, of a point or of a log record. */
export const sessionKey = 'session.id';

/** Attributes that stand in the session itself. */
const shownElsewhere = new Set([
  'service.name',
  'service.version',
  'host.id',
  'host.name',
  sessionKey,
]);

/** Key of the other attributes in the state of a session. */
export const stateKey = 'resource';

/**
 * The program of a resource. A run is told from others by `session.id`, without it by
 * `service.instance.id`, without that by `process.pid`. Throws `invalid_field`.
 */
export function programOf({ attributes = [] }: Resource = {}): Program {
  const texts = new Map(attributes.map(({ key = '', value }) => [key, textOf(value)]));
  const machineId = texts.get('host.id') ?? '';
  const hostname = texts.get('host.name') ?? '';
  const source: Source = {
    product: fit('service.name', texts.get('service.name') || 'unknown_service', 'product'),
    version: fit('service.version', texts.get('service.version') || unknownVersion, 'version'),
    ...(machineId !== '' && { machineId: fit('host.id', machineId, 'machineId') }),
    ...(hostname !== '' && { hostname: fit('host.name', hostname, 'hostname') }),
  };
  const others = attributes.filter(({ key = '' }) => !shownElsewhere.has(key));
  return {
    source: { ...source, ...runOf(texts) },
    attributes: checked(objectOf(others)),
  };
}

/** The same program in the session of this id, which wins over whatever its resource says. */
export function inSession({ source, attributes }: Program, id: string): Program {
  const { session: _session, instance: _instance, ...rest } = source;
  return { source: { ...rest, ...runOfId(id) }, attributes };
}

function runOf(texts: ReadonlyMap<string, string>): Partial<Source> {
  const session = texts.get(sessionKey);
  if (session) return runOfId(session);
  const instance = texts.get('service.instance.id');
  if (instance) return { instance };
  const pid = texts.get('process.pid');
  return pid ? { instance: `process ${pid}` } : {};
}

const lengths = {
  product: limits.productLengthMax,
  version: limits.versionLengthMax,
  machineId: limits.machineIdLengthMax,
  hostname: limits.hostnameLengthMax,
};

function fit(name: string, text: string, field: keyof typeof lengths): string {
  const max = lengths[field];
  if (text.length <= max) return text;
  throw new TachoError(
    'invalid_field',
    `The resource's ${name} has ${text.length} characters; expected at most ${max}.`,
  );
}

/** The state has room for other things beside the resource. */
const attributesLengthMax = 64 * 1024;

function checked(attributes: JsonObject): JsonObject {
  const { length } = stringifyJson(attributes);
  if (length <= attributesLengthMax) return attributes;
  throw new TachoError(
    'invalid_field',
    `The resource's attributes take ${length} characters as JSON; expected at most ${attributesLengthMax}.`,
  );
}
