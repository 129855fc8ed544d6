/** What an inspection of a data directory found, as text for people. */
import type { Inspection } from '../store/sqlite/inspect.ts';
import { formatBytes } from './progress.ts';

/** Problems that are spelled out; the rest is counted. */
const problemsShownMax = 20;

/** A few aligned lines that end with the damage, or with the news that there is none. */
export function renderInspection(inspection: Inspection): string {
  const { problems } = inspection;
  const lines = [
    line('file', `${inspection.file} (schema ${inspection.schemaVersion})`),
    line(
      'size',
      `${formatBytes(inspection.bytes)}, of which ${formatBytes(inspection.freeBytes)} are free for reuse`,
    ),
    line('holds', contents(inspection)),
    line('damage', problems.length === 0 ? 'none' : `${problems.length} found`),
  ];
  for (const problem of problems.slice(0, problemsShownMax)) {
    const session = problem.session === undefined ? '' : ` (session ${problem.session})`;
    lines.push(`  ${problem.what} in ${problem.where}${session}`);
  }
  if (problems.length > problemsShownMax) {
    lines.push(`  and ${problems.length - problemsShownMax} more; --json lists them all`);
  }
  return `${lines.join('\n')}\n`;
}

/** One line of a report: what it is about, then what there is to say. */
export function line(topic: string, text: string): string {
  return `${topic.padEnd(14)}${text}`;
}

function contents(inspection: Inspection): string {
  const count = (n: number, noun: string): string =>
    `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
  const parts = [
    count(inspection.sessions, 'session'),
    count(inspection.events, 'event'),
    count(inspection.samples, 'sample'),
  ];
  return `${parts.join(', ')} (${inspection.unsealedSamples.toLocaleString('en')} not sealed yet)`;
}
