/** The health of every version as a table that can be sorted, two rows of which can be compared. */
import type { ComponentChildren } from 'preact';
import { href, query, setQuery } from '../../address.ts';
import { count, countOrDot, percent } from '../../format/number.ts';
import { ms } from '../../format/time.ts';
import { Time } from '../../parts/time.tsx';
import type { Comparisons } from '../../releases/comparisons.ts';
import { AdoptionBar, TroubleBar, troubleOf } from '../../releases/health-bars.tsx';
import { markOf } from '../../releases/mark.ts';
import { pairOf, type Release } from './data.ts';
import { RangeBar } from './range-bar.tsx';
import { lowestRate } from './rates.ts';

/** What the table can be sorted by; without one, newest first. */
const sorts: Record<string, (release: Release) => number> = {
  first_seen: ({ first_seen }) => ms(first_seen),
  adoption: ({ adoption }) => adoption,
  sessions: ({ sessions }) => sessions,
  crash_free: ({ crash_free_rate: rate }) => rate?.value ?? -1,
  hang_free: ({ hang_free_rate: rate }) => rate?.value ?? -1,
  errors: ({ errored, sessions }) => errored / Math.max(1, sessions),
  trouble: (release) => troubleOf(release).rate,
};

/** The panel of the table. */
export function VersionsTable({
  releases,
  leftOut,
  comparisons,
  chosen,
  onChoose,
}: {
  /** Newest first. */
  releases: readonly Release[];
  leftOut: number;
  comparisons: Comparisons;
  /** Versions with a check mark. */
  chosen: readonly string[];
  onChoose: (versions: string[]) => void;
}) {
  const rows = sorted(releases);
  const lowest = lowestRate(releases);
  const greatest = Math.max(0.001, ...releases.map((release) => troubleOf(release).rate));
  const toggle = (version: string): void => {
    if (chosen.includes(version)) onChoose(chosen.filter((each) => each !== version));
    // Of two that are chosen already, the one that was chosen last stays.
    else onChoose([...chosen.slice(-1), version]);
  };
  return (
    <section class="panel ve-panel" aria-labelledby="ve-versions">
      <header>
        <h2 id="ve-versions">Versions</h2>
        <span class="micro t3">
          {count(releases.length)}
          {leftOut > 0 && ` of ${count(releases.length + leftOut)}`}, choose two to compare them
        </span>
      </header>
      <table class="ve-table">
        <thead>
          <tr>
            <th class="ve-check">
              <span class="vh">Compare</span>
            </th>
            <SortHead name="">Version</SortHead>
            <SortHead name="first_seen" look="ve-wide">
              First seen
            </SortHead>
            <SortHead name="adoption" look="ve-mid">
              Adoption
            </SortHead>
            <SortHead name="sessions" look="num">
              Sessions
            </SortHead>
            <SortHead name="crash_free">Crash-free</SortHead>
            <SortHead name="hang_free" look="num ve-mid">
              Hang-free
            </SortHead>
            <SortHead name="errors" look="num ve-wide">
              Errors
            </SortHead>
            <SortHead name="trouble" look="ve-mid">
              In trouble
            </SortHead>
            <th>Against the one before</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((release) => (
            <Row
              key={release.version}
              release={release}
              isChosen={chosen.includes(release.version)}
              onToggle={() => toggle(release.version)}
              {...{ lowest, greatest }}
            >
              <MarkCell release={release} releases={releases} comparisons={comparisons} />
            </Row>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({
  release,
  isChosen,
  onToggle,
  lowest,
  greatest,
  children,
}: {
  release: Release;
  isChosen: boolean;
  onToggle: () => void;
  lowest: number;
  greatest: number;
  children: ComponentChildren;
}) {
  const { product, version, sessions, active } = release;
  return (
    <tr aria-selected={isChosen}>
      <td class="ve-check">
        <label>
          <input
            type="checkbox"
            checked={isChosen}
            onChange={onToggle}
            aria-label={`Compare ${version}`}
          />
        </label>
      </td>
      <td class="strong">
        <a class="ve-version" href={href('sessions', { product, version })} title={version}>
          {version}
        </a>
      </td>
      <td class="t2 ve-wide">
        <Time at={release.first_seen} form="day" />
      </td>
      <td class="ve-mid">
        <AdoptionBar share={release.adoption} />
      </td>
      <td class="num t2" title={active > 0 ? `${count(active)} live` : undefined}>
        {count(sessions)}
      </td>
      <td>
        <RangeBar rate={release.crash_free_rate} lowest={lowest} />
      </td>
      <td class="num ve-mid">
        {release.hang_free_rate === null ? '—' : `${percent(release.hang_free_rate.value)} %`}
      </td>
      <td class="num t2 ve-wide" title="Sessions that ended well and recorded an error">
        {countOrDot(release.errored)}
      </td>
      <td class="ve-mid">
        <TroubleBar trouble={troubleOf(release)} sessions={sessions} greatest={greatest} />
      </td>
      <td class="ve-mark">{children}</td>
    </tr>
  );
}

function MarkCell({
  release: { version },
  releases,
  comparisons,
}: {
  release: Release;
  releases: readonly Release[];
  comparisons: Comparisons;
}) {
  const pair = pairOf(releases, version);
  if (pair === undefined) return <span class="t3">the first</span>;
  const compare = (): void =>
    setQuery({ base: pair.base, candidate: pair.candidate }, { step: true });
  const comparison = comparisons.of(pair);
  const mark = comparison && markOf(comparison);
  const arrow = mark?.tone === 'worse' ? 'worse: ' : mark?.tone === 'better' ? 'better: ' : '';
  return (
    <button type="button" class="ve-mark-button" onClick={compare} title={mark?.proof}>
      {mark === undefined ? (
        <span class="t3">compare with {pair.base}</span>
      ) : (
        <>
          <span class={mark.tone === 'quiet' ? 't3 clip' : `${mark.tone} strong clip`}>
            {arrow}
            {mark.what}
          </span>
          <span class="micro t3 clip">
            {mark.proof}
            {mark.more > 0 && ` · ${mark.more} more`}
          </span>
        </>
      )}
    </button>
  );
}

/** A heading that sorts: first downwards, then upwards, then as it was. */
function SortHead({
  name,
  look = '',
  children,
}: {
  name: string;
  look?: string;
  children: ComponentChildren;
}) {
  const [sort, direction] = sortNow();
  const isSorted = sort === name;
  const next =
    name === '' ? null : !isSorted ? name : direction === 'descending' ? `${name}-asc` : null;
  return (
    <th class={look} aria-sort={isSorted ? direction : undefined}>
      <button type="button" onClick={() => setQuery({ sort: next }, { step: true })}>
        {children}
        {isSorted && <span aria-hidden="true">{direction === 'ascending' ? ' ↑' : ' ↓'}</span>}
      </button>
    </th>
  );
}

function sortNow(): [name: string, direction: 'ascending' | 'descending'] {
  const text = query.value.get('sort') ?? '';
  const name = text.replace(/-asc$/, '');
  if (!(name in sorts)) return ['', 'descending'];
  return [name, text.endsWith('-asc') ? 'ascending' : 'descending'];
}

function sorted(releases: readonly Release[]): readonly Release[] {
  const [name, direction] = sortNow();
  const value = sorts[name];
  if (value === undefined) return releases;
  const sign = direction === 'ascending' ? 1 : -1;
  return [...releases].sort((a, b) => sign * (value(a) - value(b)));
}
