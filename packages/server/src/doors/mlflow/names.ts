/** Names of MLflow's things and of ours: experiments are products, runs are sessions. */
import { limits, TachoError } from '@tacho/protocol';

/** The experiment that MLflow takes where none is named. */
const defaultExperiment = { id: '0', name: 'Default' };

/**
 * The id of an experiment, made of nothing but its name, so that every server gives the same one and
 * none has to be kept: of letters, digits, `-` and `_`, as MLflow asks of ids.
 */
export function experimentId(name: string): string {
  if (name === defaultExperiment.name) return defaultExperiment.id;
  return `e${Buffer.from(name).toString('base64url')}`;
}

/** The name of an experiment by its id; throws `not_found` for an id that is none of ours. */
export function experimentName(id: string): string {
  if (id === defaultExperiment.id) return defaultExperiment.name;
  const name = Buffer.from(id.slice(1), 'base64url').toString();
  const isOurs = name !== '' && name.length <= limits.productLengthMax && experimentId(name) === id;
  if (!isOurs) throw new TachoError('not_found', `No Experiment with id=${shortly(id)} exists`);
  return name;
}

/** The id of a session as MLflow has ids of runs. */
export function runId(session: string): string {
  return session.replaceAll('-', '');
}

/** The session of a run; throws `invalid_field` for what is no id of one. */
export function sessionOfRun(id: unknown): string {
  const hex = typeof id === 'string' ? id.toLowerCase().replaceAll('-', '') : '';
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(hex)) {
    throw new TachoError('invalid_field', `run_id ${stated(id)}; expected 32 hexadecimal digits.`);
  }
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...parts, hex.slice(20)].join('-');
}

/** What a value is, for sentences about fields. */
export function stated(value: unknown): string {
  if (value === undefined || value === null) return 'is missing';
  if (typeof value === 'string') return `is ${shortly(JSON.stringify(value))}`;
  if (typeof value === 'object') return Array.isArray(value) ? 'is an array' : 'is an object';
  return `is ${shortly(String(value))}`;
}

function shortly(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
