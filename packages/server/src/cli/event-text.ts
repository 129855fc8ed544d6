/** Events as lines: time, level, name, what was said, and where it was thrown. */
import { type JsonObject, type Level, stringifyJson } from '@tacho/protocol';
import { clockText, instantText, type Look, type Paint, paint } from './look.ts';
import { fit, harmless, pad } from './text.ts';

/** The fields of an event that are shown. */
export interface EventText {
  timestamp: string;
  name: string;
  level: Level;
  group: string;
  message: string;
  data: object | null;
  exception_type?: string | undefined;
  exception_msg?: string | undefined;
  stacktrace?: readonly string[] | undefined;
}

/** How an event is shown. */
export interface EventStyle {
  /** The whole instant instead of the time of the day. */
  withDay?: boolean;
  /** Most lines of the stack; 0 for none. */
  frames?: number;
  /** Stands before the name: which session it is of. */
  prefix?: string;
}

/** Colours of levels. */
const levelPaints: Readonly<Record<Level, Paint | undefined>> = {
  debug: 'faint',
  info: undefined,
  warning: 'warning',
  error: 'bad',
  critical: 'worst',
};

const levelWords: Readonly<Record<Level, string>> = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'crit',
};

/** The lines of an event; the first one is cut to the width of the terminal. */
export function eventLines(look: Look, event: EventText, style: EventStyle = {}): string[] {
  const { withDay = false, frames = 0, prefix = '' } = style;
  const time = withDay ? instantText(look, event.timestamp) : clockText(look, event.timestamp);
  const how = levelPaints[event.level];
  const level = pad(levelWords[event.level], 5);
  const name = harmless(event.name);
  const fixed = `${time} ${level} ${prefix}${name}`;
  const said = fit(` ${saidBy(event)}`.trimEnd(), Math.max(0, look.width - fixed.length));
  const rest = said === '' ? '' : paint(look, 'faint', said);
  const head = `${paint(look, 'faint', time)} ${paint(look, how, level)} ${paint(look, 'accent', prefix)}`;
  return [
    `${head}${paint(look, how ?? 'strong', name)}${rest}`,
    ...frameLines(look, event, frames),
  ];
}

/** Message, exception and data in one line. */
function saidBy({ group, message, data, exception_type, exception_msg }: EventText): string {
  const exception = [exception_type, exception_msg].filter((part) => part).join(': ');
  const parts = [group === '' ? '' : `[${group}]`, message];
  if (exception !== '' && !message.includes(exception_msg || exception)) parts.push(exception);
  if (data !== null && Object.keys(data).length > 0) parts.push(stringifyJson(data as JsonObject));
  return harmless(parts.filter((part) => part !== '').join(' '));
}

function frameLines(look: Look, { stacktrace = [] }: EventText, frames: number): string[] {
  const shown = stacktrace.slice(0, frames);
  const lines = shown.map((line) =>
    paint(look, 'faint', fit(`      ${harmless(line.trim())}`, look.width)),
  );
  const more = stacktrace.length - shown.length;
  if (frames > 0 && more > 0) lines.push(paint(look, 'faint', `      … and ${more} more`));
  return lines;
}
