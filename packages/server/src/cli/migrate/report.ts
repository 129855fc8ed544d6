/** What a migration did and found, as text for people and as a document. */
import type { Copied } from './copy.ts';
import type { Difference, Verified } from './verify.ts';

/** What came of it; `copied` is absent when the stores were only compared. */
export interface Outcome {
  copied?: Copied;
  verified: Verified;
}

/** Both stores for people. */
interface Stores {
  from: string;
  to: string;
}

/** Sessions that are named one by one; the rest is counted. */
const namedMax = 20;

/** What goes to stdout, and a line for each thing that is wrong. */
export function reportText(
  { copied, verified }: Outcome,
  { from, to }: Stores,
): { out: string; problems: string[] } {
  const { differences, tokenDifferences } = verified;
  const lines = copied === undefined ? [] : copiedLines(copied, from, to);
  const checked = `${count(verified.sessions, 'session')} and ${count(verified.tokens, 'token')}`;
  const isSame = differences.length + tokenDifferences.length === 0;
  const found = isSame
    ? `the same in ${to}`
    : `${count(differences.length, 'session')} and ${count(tokenDifferences.length, 'token')} differ`;
  lines.push(`compared ${checked} of ${from}: ${found}`);
  return {
    out: `${lines.join('\n')}\n`,
    problems: [
      ...named(differences.map((difference) => differenceText(difference, copied))),
      ...named(tokenDifferences.map((id) => `token ${id} is not as in the source`)),
    ],
  };
}

/** The same for programs. */
export function reportJson({ copied, verified }: Outcome, { from, to }: Stores): object {
  const { sessions, tokens, differences, tokenDifferences } = verified;
  return {
    ...{ from, to },
    ...(copied && { copied }),
    verified: { sessions, tokens, differences, token_differences: tokenDifferences },
  };
}

function copiedLines(copied: Copied, from: string, to: string): string[] {
  const { patches, events, samples, tokens, webhooks } = copied;
  const what = [
    count(patches, 'patch', 'patches'),
    count(events, 'event'),
    count(samples, 'sample'),
  ];
  const lines = [
    `copied ${count(copied.copied, 'session')} (${what.join(', ')}) and ${count(tokens.copied, 'token')} from ${from} to ${to}`,
  ];
  if (webhooks.copied > 0) lines.push(`copied ${count(webhooks.copied, 'webhook')}`);
  if (webhooks.conflicting.length > 0) {
    lines.push(`left as they are in ${to}: webhooks ${webhooks.conflicting.join(', ')}`);
  }
  if (copied.finished > 0) {
    lines.push(`finished ${count(copied.finished, 'session')} that an earlier run had begun`);
  }
  if (copied.existing > 0)
    lines.push(`${count(copied.existing, 'session')} had been copied before`);
  return lines;
}

function differenceText({ session, parts, counts }: Difference, copied?: Copied): string {
  if (parts.includes('missing')) {
    const isDeleted = copied?.deleted.includes(session) === true;
    const why = isDeleted
      ? ': it was deleted there after it had been copied (--again copies it)'
      : '';
    return `session ${session} is not in the target${why}`;
  }
  const what = counts.map(({ part, source, target }) =>
    source === target ? part : `${part} (${source} in the source, ${target} in the target)`,
  );
  const hint = copied?.conflicting.includes(session) === true ? ' (--replace copies it anew)' : '';
  return `session ${session} differs in ${what.join(', ')}${hint}`;
}

function named(lines: string[]): string[] {
  const more = lines.length - namedMax;
  return more <= 0 ? lines : [...lines.slice(0, namedMax), `and ${more} more; --json has them all`];
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}
