/** How output looks: width, colour and the clock of times, as the terminal and the reader have them. */
import { humanize } from '@tacho/protocol';
import type { Command } from 'commander';
import type { OptionValues } from './options.ts';

/** Colours by what they mean. */
const paints = {
  good: '32',
  warning: '33',
  bad: '31',
  worst: '1;31',
  faint: '2',
  strong: '1',
  accent: '36',
} as const;

/** Meaning of a colour. */
export type Paint = keyof typeof paints;

/** What output has to fit. */
export interface Look {
  /** Columns of the terminal. */
  width: number;
  isColored: boolean;
  isUtc: boolean;
}

/** Where output goes. */
interface Terminal {
  isTTY?: boolean;
  columns?: number;
}

/** Columns where nobody says how many there are, as in a file. */
const plainWidth = 120;
/** Narrower than this, nothing fits. */
const widthMin = 20;

/** Adds the options that every command of readable output has. */
export function addLook(command: Command): Command {
  return command
    .option('--json', 'Print the JSON of the API instead')
    .option('--utc', 'Show times in UTC instead of the time of this machine');
}

/** The look of stdout. NO_COLOR (https://no-color.org) wins over everything, COLUMNS over the terminal. */
export function lookOf(
  values: OptionValues,
  terminal: Terminal = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Look {
  const named = Number(env.COLUMNS);
  const width = Number.isInteger(named) && named > 0 ? named : (terminal.columns ?? plainWidth);
  const isForced = (env.FORCE_COLOR ?? '0') !== '0';
  return {
    width: Math.max(widthMin, width),
    isColored: (env.NO_COLOR ?? '') === '' && (isForced || terminal.isTTY === true),
    isUtc: values.utc === true,
  };
}

/** A text in a colour; the text itself where there is none. */
export function paint(look: Look, how: Paint | undefined, text: string): string {
  return look.isColored && how !== undefined && text !== ''
    ? `\u001b[${paints[how]}m${text}\u001b[0m`
    : text;
}

/** A day and time to the millisecond: `2026-03-01 14:03:20.123`, with a Z where it is UTC. */
export function instantText(look: Look, instant: string | number): string {
  const date = new Date(instant);
  return `${dayText(look, date)} ${clockText(look, instant)}${look.isUtc ? 'Z' : ''}`;
}

/** Only the time of the day. */
export function clockText({ isUtc }: Look, instant: string | number): string {
  const date = new Date(instant);
  const [hour, minute, second, milli] = isUtc
    ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), date.getUTCMilliseconds()]
    : [date.getHours(), date.getMinutes(), date.getSeconds(), date.getMilliseconds()];
  return `${two(hour)}:${two(minute)}:${two(second)}.${String(milli).padStart(3, '0')}`;
}

/** Only the day. */
function dayText({ isUtc }: Look, date: Date): string {
  const [year, month, day] = isUtc
    ? [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
    : [date.getFullYear(), date.getMonth(), date.getDate()];
  return `${year}-${two(month + 1)}-${two(day)}`;
}

/** How long ago, in one part: `3 min`, `2 d`; `now` within a second and for what is to come. */
export function ageText(instant: string, nowMs = Date.now()): string {
  const seconds = (nowMs - Date.parse(instant)) / 1000;
  if (seconds < 1) return 'now';
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A duration in milliseconds for people. */
export function durationText(ms: number): string {
  return humanize(Math.max(0, ms) / 1000, 's');
}

/** `1 session`, `2 sessions`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
