/** What changed from the version before to the newest one. */
import { href } from '../../address.ts';
import { count } from '../../format/number.ts';
import { Failure, Skeleton } from '../../parts/waiting.tsx';
import { type ChangeRow, type Comparison, changeRows } from '../../releases/change.ts';
import type { Comparisons, Pair } from '../../releases/comparisons.ts';
import type { Release } from './data.ts';

/** Rows that fit beside the bars. */
const rowsMax = 7;

/** Exceptions named at most as new, and as gone. */
const namesMax = 4;

/** The panel beside the bars. */
export function Changed({
  pair,
  releases,
  comparisons,
  from,
}: {
  /** Undefined where a product has one version only. */
  pair: Pair | undefined;
  /** Newest first. */
  releases: readonly Release[];
  comparisons: Comparisons;
  /** Start of the range, for links. */
  from: string;
}) {
  const comparison = comparisons.of(pair);
  const error = comparisons.errorOf(pair);
  const { base, candidate } = comparison ?? {};
  return (
    <section class="panel ov-panel" aria-labelledby="ov-changed">
      <header>
        <h2 id="ov-changed">{base ? `What changed since ${base.version}` : 'What changed'}</h2>
        {base && candidate && (
          <a
            class="micro t3 ov-aside clip"
            href={href('versions', {
              product: pair?.product,
              base: base.version,
              candidate: candidate.version,
            })}
            title="The whole comparison"
          >
            {count(candidate.sessions)} sessions of {candidate.version}, {count(base.sessions)} of{' '}
            {base.version}
          </a>
        )}
      </header>
      {error !== undefined && <Failure answer={{ error, retry: comparisons.retry }} />}
      {comparison !== undefined && <Rows comparison={comparison} from={from} />}
      {comparison === undefined && error === undefined && releases.length > 1 && (
        <Skeleton rows={6} />
      )}
      {comparison === undefined && error === undefined && releases.length < 2 && (
        <p class="ov-none">
          {releases[0] === undefined
            ? 'No version ran in this range.'
            : `Only ${releases[0].version} ran in this range, so there is nothing to compare it with.`}
        </p>
      )}
    </section>
  );
}

function Rows({ comparison, from }: { comparison: Comparison; from: string }) {
  const rows = changeRows(comparison);
  const { exceptions } = comparison;
  return (
    <div class="ov-body">
      {rows.slice(0, rowsMax).map((row) => (
        <a key={row.key} class="ov-diff" href={linkOf(row, comparison, from)} title={row.proof}>
          <span class="clip">{row.label}</span>
          <span class="ov-diff-values">
            <span>{row.before}</span>
            <i>→</i>
            <b>{row.after}</b>
          </span>
          <span class={`ov-diff-change ${row.tone === 'quiet' ? 't3' : row.tone}`}>
            {row.change}
            {row.tone !== 'quiet' && <span class="vh"> {row.tone}</span>}
          </span>
        </a>
      ))}
      {rows.length === 2 && rows.every(({ tone }) => tone === 'quiet') && (
        <p class="ov-none-inside">No other difference is proven.</p>
      )}
      <Names label="New" list={exceptions.new} comparison={comparison} side="candidate" />
      <Names label="Gone" list={exceptions.gone} comparison={comparison} side="base" />
    </div>
  );
}

function Names({
  label,
  list,
  comparison,
  side,
}: {
  label: string;
  list: Comparison['exceptions']['new'];
  comparison: Comparison;
  side: 'base' | 'candidate';
}) {
  if (list.length === 0) return null;
  return (
    <p class="ov-names">
      <span>{label}</span>
      {list.slice(0, namesMax).map(({ id, type, message }) => (
        <a
          key={id}
          class="label clip"
          title={message}
          href={href('sessions', {
            product: comparison.product,
            version: comparison[side]?.version,
            exception: id,
          })}
        >
          {isAmbiguous(type, comparison) ? `${type}: ${message}` : type}
        </a>
      ))}
      {list.length > namesMax && <span>and {list.length - namesMax} more</span>}
    </p>
  );
}

/** Whether other exceptions that came or went are of the same type, so that it alone says too little. */
function isAmbiguous(type: string, { exceptions }: Comparison): boolean {
  return [...exceptions.new, ...exceptions.gone].filter((each) => each.type === type).length > 1;
}

function linkOf({ about }: ChangeRow, { product, candidate }: Comparison, from: string): string {
  if ('metric' in about) return href('explore', { metric: about.metric, product, by: 'version' });
  return href('sessions', { product, version: candidate?.version, from, ...about });
}
