/** The versions of a product in the range, most trouble first. */
import { href } from '../../address.ts';
import { count, percent } from '../../format/number.ts';
import { type Comparison, toneOf } from '../../releases/change.ts';
import { AdoptionBar, type Trouble, TroubleBar, troubleOf } from '../../releases/health-bars.tsx';
import type { Release } from './data.ts';

/** Rows that fit into the panel. */
const rowsMax = 6;

/** Versions with fewer sessions come last: one crash in three runs proves little. */
const sessionsMin = 10;

/** The panel. */
export function Versions({
  product,
  releases,
  comparison,
  from,
}: {
  product: string;
  releases: readonly Release[];
  comparison: Comparison | undefined;
  from: string;
}) {
  const rows = releases
    .map((release) => ({ release, trouble: troubleOf(release) }))
    .sort(mostTrouble)
    .slice(0, rowsMax);
  const greatest = Math.max(...rows.map(({ trouble }) => trouble.rate), 0.001);
  return (
    <section class="panel ov-panel" aria-labelledby="ov-versions">
      <header>
        <h2 id="ov-versions">Versions</h2>
        <span class="micro t3">most trouble first</span>
        <a class="micro t3 ov-aside" href={href('versions', { product })}>
          {releases.length > rowsMax ? `All ${releases.length}` : 'More'}
        </a>
      </header>
      <table class="ov-table">
        <thead>
          <tr>
            <th>Version</th>
            <th>Adoption</th>
            <th class="num ov-wide">Sessions</th>
            <th class="num">Crash-free</th>
            <th>
              In trouble<span class="ov-wide">, per 1&thinsp;000</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row
              key={row.release.version}
              row={row}
              greatest={greatest}
              comparison={comparison}
              link={href('sessions', { product, version: row.release.version, from })}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface Troubled {
  release: Release;
  trouble: Trouble;
}

function Row({
  row: { release, trouble },
  greatest,
  comparison,
  link,
}: {
  row: Troubled;
  greatest: number;
  comparison: Comparison | undefined;
  link: string;
}) {
  const isJudged = comparison?.candidate?.version === release.version;
  const tone = isJudged ? toneOf(comparison.crash_free_rate.verdict) : 'quiet';
  const mark = tone === 'worse' ? '▼ ' : tone === 'better' ? '▲ ' : '';
  const free = release.crash_free_rate;
  return (
    <tr>
      <td class="strong">
        <a class="ov-row-link" href={link} title={release.version}>
          {release.version}
        </a>
      </td>
      <td>
        <AdoptionBar share={release.adoption} />
      </td>
      <td class="num t2 ov-wide">{count(release.sessions)}</td>
      <td class={tone === 'quiet' ? 'num' : `num strong ${tone}`}>
        {mark}
        {free === null ? '—' : `${percent(free.value)} %`}
      </td>
      <td>
        <TroubleBar trouble={trouble} sessions={release.sessions} greatest={greatest} />
      </td>
    </tr>
  );
}

function mostTrouble(a: Troubled, b: Troubled): number {
  const isFew = ({ release }: Troubled): number => (release.sessions < sessionsMin ? 1 : 0);
  return (
    isFew(a) - isFew(b) ||
    b.trouble.rate - a.trouble.rate ||
    b.release.sessions - a.release.sessions
  );
}
