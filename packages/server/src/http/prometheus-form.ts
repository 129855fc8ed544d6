/** Parameters as Prometheus takes them: in the query, in a form, or in both, and what it says of bad ones. */
import { limits, type Param, type Params, type ParamsOf } from '@tacho/protocol';
import type { FastifyRequest } from 'fastify';
import { QueryError } from '../promql/syntax.ts';
import { bodyOf } from './request-body.ts';

/** The parameters of a request; those that nobody declared mean nothing, as to Prometheus. */
export function readForm<P extends Params>(
  request: FastifyRequest,
  declared: P,
  nowUs: number,
): ParamsOf<P> {
  const given = givenTo(request);
  const values: Record<string, unknown> = {};
  for (const [name, declaration] of Object.entries(declared)) {
    values[name] = readOne(name, declaration as Param<unknown>, given.getAll(name), nowUs);
  }
  return values as ParamsOf<P>;
}

function readOne(name: string, param: Param<unknown>, texts: string[], nowUs: number): unknown {
  if (texts.length > limits.paramValuesMax) {
    throw bad(name, `is given ${texts.length} times; expected at most ${limits.paramValuesMax}`);
  }
  if (param.required && texts.length === 0)
    throw bad(name, `is missing; expected ${param.accepted}`);
  const values = texts.map((text) => {
    const value = param.read(text, nowUs);
    if (value !== undefined) return value;
    throw bad(
      name,
      `${JSON.stringify(text.slice(0, 100))} is not understood; expected ${param.accepted}`,
    );
  });
  if (param.many) return values;
  return values.length > 0 ? values[0] : param.preset;
}

/** The error of a parameter. */
export function bad(name: string, message: string): QueryError {
  return new QueryError('bad_data', `invalid parameter "${name}": ${message}`);
}

/** A body of another type is none of ours to read; what it may hold is missing then. */
function givenTo(request: FastifyRequest): URLSearchParams {
  const at = request.url.indexOf('?');
  const given = new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
  const { bytes } = bodyOf(request);
  const type = request.headers['content-type'] ?? '';
  if (bytes === undefined || !/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type))
    return given;
  const form = new URLSearchParams(bytes.toString('utf8'));
  // What stands in the body goes before what stands in the query.
  for (const [name, value] of given) form.append(name, value);
  return form;
}
