/** Tables of the documentation that are made from the source, so that they cannot tell anything else. */

import { readFileSync } from 'node:fs';
import { agentFlags } from '@tacho/agent';
import {
  advance,
  type ErrorCode,
  errorTable,
  initialStatus,
  type Lifecycle,
  limits,
  namingRules,
  type SessionStatus,
  type Signal,
  sessionView,
} from '@tacho/protocol';
import { commandTree } from '../../packages/server/src/cli/completion/tree.ts';
import { exitCodes } from '../../packages/server/src/cli/exit.ts';
import { tachoCommand } from '../../packages/server/src/cli/index.ts';

/** The limits with their comments from `limits.ts`. */
export function limitsTable(): string {
  const files = ['limits.ts', 'webhook-limits.ts'].map((name) =>
    readFileSync(new URL(`../../packages/protocol/src/${name}`, import.meta.url), 'utf8'),
  );
  const comments = commentsOf(files.join('\n'));
  const rows = Object.entries(limits).map(([name, value]) => {
    return [`\`${name}\``, shownValue(name, value), comments.get(name) ?? meaningOf(name)];
  });
  return table(['Limit', 'Value', 'What it bounds'], rows);
}

/** What each signal does to each lifecycle, as `advance` does it. */
export function lifecycleTable(): string {
  const signals: [string, Signal['kind']][] = [
    ['data or heartbeat', 'activity'],
    ['`end`', 'end'],
    ['`crash`', 'crash'],
    ['long silence', 'lost'],
    ['machine came back', 'returned'],
  ];
  const rows = Object.entries(lifecycleSamples).map(([name, status]) => [
    name,
    ...signals.map(([, kind]) => {
      const next = advance(status, signalOf(kind)).status;
      const known = Object.entries(lifecycleSamples).find(([, other]) => isSameEnd(other, next));
      return known?.[0] === name ? 'stays' : (known?.[0] ?? next.lifecycle);
    }),
  ]);
  return table(['the session is …', ...signals.map(([label]) => label)], rows);
}

/** DataCat's booleans for each lifecycle and liveness, as `sessionView` gives them. */
export function booleansTable(): string {
  const rules = { suspendedAfterUs: limits.heartbeatTimeoutMs * 1000 };
  const nowUs = rules.suspendedAfterUs + 1;
  const cases: [Lifecycle, string][] = [
    ['active', 'responsive'],
    ['active', 'hung'],
    ['active', 'suspended'],
    ['ended', '-'],
    ['crashed', '-'],
    ['lost', '-'],
  ];
  const rows = cases.map(([lifecycle, liveness]) => {
    const status: SessionStatus = {
      ...initialStatus(0),
      lifecycle,
      lastHeartbeatUs: liveness === 'suspended' ? 0 : nowUs,
    };
    const view = sessionView(
      { ...status, hungSinceUs: liveness === 'hung' ? 1 : null },
      nowUs,
      rules,
    );
    const hungView = sessionView({ ...status, hungSinceUs: 1 }, nowUs, rules);
    const isKept = liveness === '-' && hungView.hung !== view.hung;
    return [
      lifecycle,
      view.liveness ?? '-',
      ...[view.active, view.suspended, view.crashed].map(String),
      isKept ? 'kept' : String(view.hung),
    ];
  });
  const fields = ['`active`', '`suspended`', '`crashed`', '`hung`'];
  return table(['lifecycle', 'liveness', ...fields], rows);
}

/** The exit codes of the command line. */
export function exitTable(): string {
  const rows = Object.values(exitCodes).map(({ code, meaning }) => [String(code), meaning]);
  return table(['Code', 'Meaning'], rows);
}

/** Every command that is not hidden, and what it does. */
export function commandsTable(): string {
  const rows = commandTree(tachoCommand())
    .filter(({ path, commands }) => path !== '' && commands.length === 0)
    .map(({ path, description }) => [`\`tacho ${path}\``, description]);
  return table(['Command', 'What it does'], rows);
}

/** The flags of the agent. */
export function agentTable(): string {
  const rows = Object.entries(agentFlags).map(([name, flag]) => {
    return [`\`--${name}${'value' in flag ? ` <${flag.value}>` : ''}\``, flag.doc];
  });
  return table(['Flag', 'What it does'], rows);
}

/** The naming rules with their reasons. */
export function namingTable(): string {
  const rows = Object.entries(namingRules).map(([id, reason]) => [`\`${id}\``, reason]);
  return table(['Rule', 'Why'], rows);
}

/** First cells of the error table: code, status, whether to retry, short text. */
export function errorRows(): string[][] {
  return (Object.keys(errorTable) as ErrorCode[]).map((code) => {
    const { status, retryable, error } = errorTable[code];
    return [`\`${code}\``, String(status), retryable ? 'yes' : 'no', error];
  });
}

/** Cells of the rows of a Markdown table, without its head. */
export function rowsOf(markdown: string): string[][] {
  const lines = markdown.trim().split('\n').slice(2);
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The text between `<!-- table:NAME -->` and `<!-- /table -->`. */
export function tableIn(page: string, name: string): string {
  const match = new RegExp(`<!-- table:${name} -->\n([\\s\\S]*?)<!-- /table -->`).exec(page);
  if (match === null) throw new Error(`the page has no table "${name}"`);
  return match[1]!.trim();
}

/** The page with another table of that name. */
export function withTable(page: string, name: string, markdown: string): string {
  const pattern = new RegExp(`(<!-- table:${name} -->\n)[\\s\\S]*?(<!-- /table -->)`);
  return page.replace(pattern, (_, open: string, close: string) => `${open}${markdown}\n${close}`);
}

/** One status for each row of the lifecycle table. */
const lifecycleSamples: Record<string, SessionStatus> = {
  active: initialStatus(1),
  ended: { ...initialStatus(1), lifecycle: 'ended', endedUs: 2 },
  'crashed (reported)': { ...initialStatus(1), lifecycle: 'crashed', endedUs: 2, reason: 'r' },
  'crashed (concluded)': {
    ...initialStatus(1),
    lifecycle: 'crashed',
    inferred: true,
    endedUs: 2,
    reason: 'r',
  },
  lost: { ...initialStatus(1), lifecycle: 'lost', inferred: true, endedUs: 2, reason: 'r' },
};

function isSameEnd(a: SessionStatus, b: SessionStatus): boolean {
  return a.lifecycle === b.lifecycle && a.inferred === b.inferred;
}

function signalOf(kind: Signal['kind']): Signal {
  const times = { atUs: 10, receivedUs: 10 };
  if (kind === 'crash') return { kind, reason: 'r', ...times };
  return kind === 'returned' ? { kind, machineId: 'm', ...times } : { kind, ...times };
}

/** Doc comments by the property that they stand above. */
function commentsOf(source: string): Map<string, string> {
  const pattern = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(\w+):/g;
  return new Map(
    [...source.matchAll(pattern)].map(([, text, name]) => [
      name!,
      text!.replaceAll(/\s*\n\s*\*\s*/g, ' ').trim(),
    ]),
  );
}

/** What a limit without a comment says by its name: `tagLengthMax` is the length of a tag. */
function meaningOf(name: string): string {
  const words = (text: string) =>
    text.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  const forms: [RegExp, (what: string) => string][] = [
    [/^(\w+)LengthMax$/, (what) => `Longest ${what}, in characters.`],
    [/^(\w+)BytesMax$/, (what) => `Largest ${what} as JSON text.`],
    [/^(\w+)Max$/, (what) => `Most ${what} of one thing.`],
    [/^(\w+)IntervalMs$/, (what) => `Time from one ${what} to the next.`],
    [/^(\w+)Days$/, (what) => `Days of ${what}.`],
  ];
  for (const [pattern, say] of forms) {
    const what = pattern.exec(name)?.[1];
    if (what !== undefined) return say(words(what));
  }
  return `${words(name)}.`;
}

/** A limit for people: the unit is in the name. */
function shownValue(name: string, value: number): string {
  if (/Ms$/.test(name)) return durationOf(value);
  if (/Port$/.test(name)) return String(value);
  if (!/Bytes/.test(name)) return value.toLocaleString('en');
  const power = [30, 20, 10].find((bits) => value % 2 ** bits === 0 && value > 0);
  if (power === undefined) return `${value.toLocaleString('en')} bytes`;
  return `${value / 2 ** power} ${{ 10: 'KiB', 20: 'MiB', 30: 'GiB' }[power]}`;
}

function durationOf(ms: number): string {
  const units: [number, string][] = [
    [24 * 3600 * 1000, 'day'],
    [3600 * 1000, 'hour'],
    [60 * 1000, 'minute'],
    [1000, 'second'],
  ];
  const unit = units.find(([size]) => ms % size === 0 && ms >= size);
  if (unit === undefined) return `${ms} ms`;
  const count = ms / unit[0];
  return `${count} ${unit[1]}${count === 1 ? '' : 's'}`;
}

/** A table of Markdown. */
export function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
