/** The sentence that a comparison opens with: what the runs share and what differs, facts only. */
import { shortReading } from '../../format/number.ts';
import type { ShownOutcome } from '../../outcome.ts';
import type { Comparable } from './differ.ts';
import type { Run } from './runs.ts';

/** A piece of the sentence; strong pieces are facts, the others join them. */
export interface Piece {
  text: string;
  isStrong?: boolean;
  outcome?: ShownOutcome;
}

/** What runs of an outcome did, for one and for several. */
const verbs: Record<ShownOutcome, string> = {
  live: 'alive',
  clean: 'ended well',
  failed: 'failed',
  crashed: 'crashed',
  hung: 'hung',
  oom: 'ran out of memory',
  suspended: 'suspended',
  lost: 'got lost',
};

const numbers = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight'];

/** A distance from which on a metric is worth a clause. */
const tellingDistance = 0.1;

/** The sentence; `ranked` has the metrics with those that differ most first, as soon as they are known. */
export function openingOf(runs: readonly Run[], ranked: readonly Comparable[] = []): Piece[] {
  const product = shared(runs, ({ row }) => row.product);
  const version = shared(runs, ({ row }) => row.version);
  const machine = shared(runs, ({ row }) => row.machine_id ?? row.hostname ?? '');
  const pieces: Piece[] = [{ text: `${numbers[runs.length] ?? runs.length} runs` }];
  if (product !== undefined) {
    pieces.push(
      { text: ' of ' },
      strong(version === undefined ? product : `${product} ${version}`),
    );
  }
  if (machine !== undefined && machine !== '') pieces.push({ text: ' on ' }, strong(machine));
  pieces.push({ text: ': ' }, ...outcomesOf(runs, product !== undefined, version !== undefined));
  return [...pieces, ...metricOf(ranked)];
}

/** Who did what: `A and B on 2.4.0 crashed, C on 2.3.9 ended well`. */
function outcomesOf(runs: readonly Run[], hasProduct: boolean, hasVersion: boolean): Piece[] {
  const what = ({ row }: Run): string => {
    if (!hasProduct) return `${row.product} ${row.version}`;
    return hasVersion ? '' : row.version;
  };
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const key = JSON.stringify([run.outcome, what(run)]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].flatMap((group, i) => {
    const [run] = group as [Run, ...Run[]];
    const who =
      group.length === runs.length ? (runs.length === 2 ? 'both' : 'all') : namesOf(group);
    const are = run.outcome === 'live' || run.outcome === 'suspended';
    const verb: Piece = { text: verbs[run.outcome], isStrong: true, outcome: run.outcome };
    return [
      { text: `${i === 0 ? '' : ', '}${who}` },
      ...(what(run) === '' ? [] : [{ text: hasProduct ? ' on ' : ' of ' }, strong(what(run))]),
      { text: are ? (group.length > 1 ? ' are ' : ' is ') : ' ' },
      verb,
    ];
  });
}

function metricOf(ranked: readonly Comparable[]): Piece[] {
  const [first] = ranked;
  if (first?.widest === undefined || (first.distance ?? 0) < tellingDistance) return [];
  const { name, unit } = first;
  const { what, low, high } = first.widest;
  const suffix = what === 'rate' ? '/s' : '';
  const text = (value: number): Piece => strong(`${shortReading(value, name, unit)}${suffix}`);
  const where = { mean: ' on average', last: ' at the end', rate: '' }[what];
  return [
    { text: '; ' },
    strong(name),
    { text: ' differs most, ' },
    text(low),
    { text: ' to ' },
    text(high),
    { text: where },
  ];
}

function namesOf(runs: readonly Run[]): string {
  const letters = runs.map(({ letter }) => letter);
  const last = letters.pop() ?? '';
  return letters.length === 0 ? last : `${letters.join(', ')} and ${last}`;
}

function shared(runs: readonly Run[], of: (run: Run) => string): string | undefined {
  const [first, ...rest] = runs.map(of);
  return rest.every((each) => each === first) ? first : undefined;
}

function strong(text: string): Piece {
  return { text, isStrong: true };
}
