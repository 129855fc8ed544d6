/** The versions of a product in the range, most trouble first. */
import { href } from '../../address.ts';
import { count, percent } from '../../format/number.ts';
import { outcomeOfCause, type ShownOutcome, troubles } from '../../outcome.ts';
import { type Comparison, perThousand, toneOf } from '../../releases/change.ts';
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
  const rows = releases.map(troubled).sort(mostTrouble).slice(0, rowsMax);
  const greatest = Math.max(...rows.map(({ rate }) => rate), 0.001);
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
  counts: { outcome: ShownOutcome; sessions: number }[];
  sessions: number;
  /** Share of its sessions. */
  rate: number;
}

function Row({
  row: { release, counts, sessions, rate },
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
        <span class="ov-adoption">
          <span class="ov-rail">
            <i style={{ width: `${release.adoption * 100}%` }} />
          </span>
          <span class="t2">
            {release.adoption < 0.01 ? '<1' : Math.round(release.adoption * 100)} %
          </span>
        </span>
      </td>
      <td class="num t2 ov-wide">{count(release.sessions)}</td>
      <td class={tone === 'quiet' ? 'num' : `num strong ${tone}`}>
        {mark}
        {free === null ? '—' : `${percent(free.value)} %`}
      </td>
      <td>
        <span class="ov-trouble">
          {sessions > 0 && (
            <span
              class="ov-trouble-bar"
              style={{ width: `calc(var(--full) * ${(rate / greatest).toFixed(3)})` }}
            >
              {counts.map(({ outcome, sessions: flex }) => (
                <i key={outcome} class={`ov-fill-${outcome}`} style={{ flex }} />
              ))}
            </span>
          )}
          <span class="t2">{sessions === 0 ? '·' : perThousand(sessions, release.sessions)}</span>
        </span>
      </td>
    </tr>
  );
}

function troubled(release: Release): Troubled {
  const counts = troubles
    .map((outcome) => ({
      outcome,
      sessions: release.causes
        .filter(({ kind }) => outcomeOfCause(kind) === outcome)
        .reduce((all, cause) => all + cause.sessions, 0),
    }))
    .filter(({ sessions }) => sessions > 0);
  const sessions = counts.reduce((all, one) => all + one.sessions, 0);
  return { release, counts, sessions, rate: sessions / Math.max(1, release.sessions) };
}

function mostTrouble(a: Troubled, b: Troubled): number {
  const isFew = ({ release }: Troubled): number => (release.sessions < sessionsMin ? 1 : 0);
  return isFew(a) - isFew(b) || b.rate - a.rate || b.release.sessions - a.release.sessions;
}
