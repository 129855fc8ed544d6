/** One line of StatsD or DogStatsD. */
import type { Tag } from '../run.ts';

/** Types of metrics by their letters. */
const types = ['c', 'g', 'ms', 'h', 'd', 's'] as const;
/** One of them. */
export type StatsdType = (typeof types)[number];

/** A line with a metric. */
export interface StatsdMetric {
  kind: 'metric';
  name: string;
  type: StatsdType;
  /** Members of a set as they stand, numbers of anything else. */
  values: string[];
  /** Share of what happened that was sent. */
  rate: number;
  tags: Tag[];
  /** Seconds since 1970, where the sender says it. */
  atSeconds?: number;
}

/** A line with an event, or with the outcome of a service check. */
export interface StatsdEvent {
  kind: 'event';
  name: string;
  message: string;
  level: 'info' | 'warning' | 'error';
  category: 'event' | 'service_check';
  tags: Tag[];
  atSeconds?: number;
}

/** What is wrong with a line. */
export class StatsdError extends Error {
  override readonly name = 'StatsdError';
}

/** Reads one line; throws StatsdError. */
export function readLine(line: string): StatsdMetric | StatsdEvent {
  if (line.startsWith('_e{')) return readEvent(line);
  if (line.startsWith('_sc|')) return readCheck(line);
  const [head = '', type, ...extras] = line.split('|');
  if (type === undefined) throw new StatsdError('there is no type; expected name:value|type');
  const colon = head.indexOf(':');
  if (colon < 0) throw new StatsdError('there is no value; expected name:value|type');
  if (colon === 0) throw new StatsdError('the name is empty');
  const known = types.find((each) => each === type);
  if (known === undefined) {
    throw new StatsdError(
      `the type is "${type.slice(0, 20)}"; expected one of ${types.join(', ')}`,
    );
  }
  const values = head.slice(colon + 1).split(known === 's' ? '\n' : ':');
  for (const value of values) checkValue(value, known);
  const made: StatsdMetric = {
    ...{ kind: 'metric', name: head.slice(0, colon), type: known, values, rate: 1, tags: [] },
  };
  for (const extra of extras) {
    if (extra.startsWith('@')) made.rate = rateOf(extra.slice(1));
    else takeExtra(made, extra);
  }
  return made;
}

function checkValue(value: string, type: StatsdType): void {
  if (type === 's') {
    if (value === '') throw new StatsdError('the value is empty');
    return;
  }
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value);
  if (!isNumber || !Number.isFinite(Number(value))) {
    throw new StatsdError(`the value is "${value.slice(0, 20)}"; expected a number`);
  }
}

function rateOf(text: string): number {
  const rate = Number(text);
  if (text !== '' && rate > 0 && rate <= 1) return rate;
  throw new StatsdError(`the sample rate is "${text.slice(0, 20)}"; expected above 0, at most 1`);
}

/** Tags and times; ids of containers and whatever comes later say nothing that we keep. */
function takeExtra(into: { tags: Tag[]; atSeconds?: number }, extra: string): void {
  if (extra.startsWith('#')) into.tags = tagsOf(extra.slice(1));
  else if (/^[Td]/.test(extra) && /^.:?\d+$/.test(extra)) {
    into.atSeconds = Number(extra.replace(/^.:?/, ''));
  }
}

function tagsOf(text: string): Tag[] {
  return text
    .split(',')
    .filter((tag) => tag !== '')
    .map((tag): Tag => {
      const colon = tag.indexOf(':');
      return colon < 0 ? [tag, ''] : [tag.slice(0, colon), tag.slice(colon + 1)];
    });
}

/** `_e{title length,text length}:title|text|…`, lengths in bytes of UTF-8. */
function readEvent(line: string): StatsdEvent {
  const [whole = '', first, second] = /^_e\{(\d{1,6}),(\d{1,6})\}:/.exec(line) ?? [];
  if (whole === '') throw new StatsdError('the event has no lengths; expected _e{5,4}:title|text');
  const bytes = Buffer.from(line.slice(whole.length));
  const [title, text] = [Number(first), Number(second)];
  const isWhole = bytes.length >= title + 1 + text && bytes[title] === 0x7c;
  if (!isWhole || title === 0)
    throw new StatsdError('the lengths of the event are not those of its texts');
  const made: StatsdEvent = {
    ...{ kind: 'event', name: bytes.toString('utf8', 0, title), level: 'info', category: 'event' },
    message: bytes.toString('utf8', title + 1, title + 1 + text).replaceAll('\\n', '\n'),
    tags: [],
  };
  const rest = bytes.toString('utf8', title + 1 + text);
  for (const extra of rest.split('|').slice(1)) {
    if (extra === 't:error') made.level = 'error';
    else if (extra === 't:warning') made.level = 'warning';
    else takeExtra(made, extra);
  }
  return made;
}

/** `_sc|name|status|…|m:message`. */
function readCheck(line: string): StatsdEvent {
  const [, name = '', status = '', ...extras] = line.split('|');
  if (name === '') throw new StatsdError('the service check has no name');
  if (!/^[0-3]$/.test(status)) {
    throw new StatsdError(`the status is "${status.slice(0, 20)}"; expected 0, 1, 2 or 3`);
  }
  const level = status === '0' ? 'info' : status === '2' ? 'error' : 'warning';
  const made: StatsdEvent = {
    ...{ kind: 'event', name, level, category: 'service_check', message: '', tags: [] },
  };
  for (const extra of extras) {
    if (extra.startsWith('m:')) made.message = extra.slice(2);
    else takeExtra(made, extra);
  }
  return made;
}
