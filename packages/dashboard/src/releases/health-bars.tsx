/** Small bars of a version: how many run it, and how many of its sessions ended badly. */
import type { Answer } from '../api.ts';
import { outcomeOfCause, type ShownOutcome, troubles } from '../outcome.ts';
import { perThousand } from './change.ts';
import './health-bars.css';

/** A version with its causes. */
type Release = Answer<'listReleases'>['releases'][number];

/** Bad ends of a version. */
export interface Trouble {
  counts: { outcome: ShownOutcome; sessions: number }[];
  sessions: number;
  /** Share of its sessions. */
  rate: number;
}

/** Bad ends by how they are shown. */
export function troubleOf({
  causes,
  sessions: all,
}: Pick<Release, 'causes' | 'sessions'>): Trouble {
  const counts = troubles
    .map((outcome) => ({
      outcome,
      sessions: causes
        .filter(({ kind }) => outcomeOfCause(kind) === outcome)
        .reduce((sum, cause) => sum + cause.sessions, 0),
    }))
    .filter(({ sessions }) => sessions > 0);
  const sessions = counts.reduce((sum, one) => sum + one.sessions, 0);
  return { counts, sessions, rate: sessions / Math.max(1, all) };
}

/** The share of the sessions that ran it. */
export function AdoptionBar({ share }: { share: number }) {
  return (
    <span class="hb-adoption">
      <span class="hb-rail">
        <i style={{ width: `${share * 100}%` }} />
      </span>
      <span class="t2">{share < 0.01 ? '<1' : Math.round(share * 100)} %</span>
    </span>
  );
}

/** Bad ends per 1 000 sessions, stacked; `greatest` is the rate that fills the place. */
export function TroubleBar({
  trouble: { counts, sessions, rate },
  sessions: all,
  greatest,
}: {
  trouble: Trouble;
  /** Of the version. */
  sessions: number;
  greatest: number;
}) {
  if (sessions === 0) return <span class="t2">·</span>;
  return (
    <span class="hb-trouble">
      <span
        class="hb-trouble-bar"
        style={{ width: `calc(var(--hb-full) * ${(rate / greatest).toFixed(3)})` }}
      >
        {counts.map(({ outcome, sessions: flex }) => (
          <i key={outcome} class={`hb-${outcome}`} style={{ flex }} />
        ))}
      </span>
      <span class="t2">{perThousand(sessions, all)}</span>
    </span>
  );
}
