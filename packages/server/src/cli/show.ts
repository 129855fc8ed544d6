/** `tacho show`: one session at a glance: how it ended, its state, its last words, its metrics. */
import { humanize, type JsonObject, type JsonValue } from '@tacho/protocol';
import { Command } from 'commander';
import { type Asker, addAsking, asking } from './ask.ts';
import { eventLines } from './event-text.ts';
import { lastEventsOf, type RecordedEvent, type RecordedState, stateOf } from './history.ts';
import { addLook, counted, durationText, instantText, type Look, lookOf, paint } from './look.ts';
import { metricLines } from './metric-lines.ts';
import { type MetricList, metricsOf } from './metric-summary.ts';
import { wholeNumber } from './number.ts';
import type { OptionValues } from './options.ts';
import { printJson, printLines } from './output.ts';
import {
  activityOf,
  fateOf,
  nameOf,
  type SessionRow,
  type SessionSummary,
  signOf,
  summaryOf,
} from './session-text.ts';
import { stateLines } from './state-text.ts';
import { fit, harmless, wrap } from './text.ts';

/** Everything that is shown. */
interface Shown {
  summary: SessionSummary;
  state: RecordedState;
  events: RecordedEvent[];
  exceptions: RecordedEvent[];
  metrics: MetricList;
}

const eventsPreset = 10;
const metricsPreset = 15;
const exceptionsMax = 3;
/** Errors without an exception may come after the last exception. */
const errorsLookedAt = 100;
/** Lines of the stack below an exception. */
const framesMax = 5;

/** The `show` command. */
export function showCommand(): Command {
  const command = new Command('show')
    .description('Show how a session ended, its state, its last events and its metrics.')
    .argument('<id>', 'Id of the session, or its first 8 characters or more')
    .option('-e, --events <n>', `Last events (default: ${eventsPreset})`, wholeNumber)
    .option('-m, --metrics <n>', `Most metrics (default: ${metricsPreset})`, wholeNumber)
    .action(runShow);
  return addAsking(addLook(command)).addHelpText('after', help);
}

const help = `
What of the state changed last is marked with *. --json prints one document with summary, state,
events, exceptions and metrics.

Examples:
  tacho show 5e551000
  tacho show 5e551000 -e 50 -m 0`;

async function runShow(id: string, values: OptionValues): Promise<void> {
  const look = lookOf(values);
  const events = (values.events as number | undefined) ?? eventsPreset;
  const metrics = (values.metrics as number | undefined) ?? metricsPreset;
  await asking(values, async (asker) => {
    const shown = await ask(asker, id, events);
    if (values.json === true) return printJson(shown as unknown as JsonValue);
    printLines(shownLines(look, shown, await metricPart(asker, look, shown, metrics)));
  });
}

async function ask(asker: Asker, asked: string, count: number): Promise<Shown> {
  const summary = await summaryOf(asker, asked);
  const { id } = summary.session;
  const [state, events, errors, metrics] = await Promise.all([
    stateOf(asker, id, {}),
    lastEventsOf(asker, id, count, {}),
    lastEventsOf(asker, id, errorsLookedAt, { levels: ['error', 'critical'] }),
    metricsOf(asker, id),
  ]);
  const exceptions = errors.filter(isException).slice(-exceptionsMax);
  return { summary, state, events, exceptions, metrics };
}

function shownLines(look: Look, shown: Shown, metrics: string[]): string[] {
  const { summary, state, events, exceptions } = shown;
  const withFrames = { withDay: true, frames: framesMax };
  const sections: [string, string[]][] = [
    [
      `state (revision ${state.revision})`,
      stateLines(look, state.state as JsonObject, new Set(state.changed)),
    ],
    ['exceptions', exceptions.flatMap((event) => eventLines(look, event, withFrames))],
    ['last events', events.flatMap((event) => eventLines(look, event))],
    ['metrics', metrics],
  ];
  const lines = summaryLines(look, summary);
  for (const [title, body] of sections) {
    if (body.length > 0) lines.push('', paint(look, 'strong', title), ...body);
  }
  return lines;
}

async function metricPart(
  asker: Asker,
  look: Look,
  { summary, metrics: { series } }: Shown,
  most: number,
): Promise<string[]> {
  if (most === 0 || series.length === 0) return [];
  const lines = await metricLines(asker, look, summary.session, series.slice(0, most));
  const more = series.length - most;
  if (more > 0) lines.push(paint(look, 'faint', `and ${counted(more, 'metric')} more (-m)`));
  return lines;
}

function summaryLines(look: Look, { session, alike }: SessionSummary): string[] {
  const sign = signOf(session);
  const fate = wrap(`${sign.text} ${harmless(fateOf(session))}`, look.width);
  const lines = fate.map((line) => paint(look, sign.paint, line));
  if (alike !== null) lines.push(...wrap(harmless(alike.sentence), look.width));
  lines.push('', ...fieldLines(look, session));
  return lines;
}

function fieldLines(look: Look, session: SessionRow): string[] {
  const { created_at, ended_at, hangs, hung_ms } = session;
  const end = ended_at === null ? '' : ` to ${instantText(look, ended_at)}`;
  const hung = hangs === 0 ? '' : `, hung ${counted(hangs, 'time')} for ${durationText(hung_ms)}`;
  const fields: [string, string][] = [
    ['session', session.id],
    ['what', nameOf(session)],
    ['when', `${instantText(look, created_at)}${end}`],
    ['ran', `${durationText(session.duration_ms)}${hung}`],
    ['holds', holdsText(session)],
    ...usedField(session),
    ['activity', activityOf(session, 48)],
  ];
  return fields.map(([name, text]) => {
    return `${paint(look, 'faint', name.padEnd(9))} ${fit(text, Math.max(8, look.width - 10))}`;
  });
}

/** What it used shortly before its end, where somebody saw that. */
function usedField({ cause }: SessionRow): [string, string][] {
  const { cpu_percent, rss_bytes, threads, open_files } = cause?.resources ?? {};
  const parts = [
    cpu_percent === undefined ? '' : `${humanize(cpu_percent, '%')} CPU`,
    rss_bytes === undefined ? '' : `${humanize(rss_bytes, 'B')} of memory`,
    threads === undefined ? '' : counted(threads, 'thread'),
    open_files === undefined ? '' : counted(open_files, 'open file'),
  ].filter((part) => part !== '');
  return parts.length === 0 ? [] : [['used last', parts.join(', ')]];
}

function holdsText({ events, errors, patches, samples }: SessionRow): string {
  const bad = errors === 0 ? '' : ` (${counted(errors, 'error')})`;
  const parts = [counted(events, 'event') + bad, counted(patches, 'patch', 'patches')];
  return [...parts, counted(samples, 'sample')].join(', ');
}

function isException({ exception_type, stacktrace }: RecordedEvent): boolean {
  return exception_type !== undefined || stacktrace !== undefined;
}
