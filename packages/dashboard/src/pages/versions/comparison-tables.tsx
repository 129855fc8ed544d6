/** The tables of a comparison. */
import type { ComponentChildren } from 'preact';
import { href } from '../../address.ts';
import { count, countOrDot, percent, points } from '../../format/number.ts';
import { causeLabels } from '../../outcome.ts';
import {
  type Comparison,
  chanceText,
  effectText,
  medians,
  perThousand,
  ratioText,
  type Verdict,
} from '../../releases/change.ts';

type Rate = Comparison['crash_free_rate'];
type ExceptionChange = Comparison['exceptions']['new'][number];

/** Rates and causes of death. */
export function RateTable({ comparison }: { comparison: Comparison }) {
  const { base, candidate, causes, product } = comparison;
  const sessions = (side: 'base' | 'candidate'): number => comparison[side]?.sessions ?? 0;
  return (
    <Table
      title="Rates and causes"
      note="Fisher’s exact test; causes per 1 000 sessions"
      heads={['', base?.version ?? '', candidate?.version ?? '', 'Difference', 'Chance', 'Verdict']}
    >
      <RateRow label="Crash-free sessions" rate={comparison.crash_free_rate} />
      <RateRow label="Hang-free sessions" rate={comparison.hang_free_rate} />
      {causes.map((change) => (
        <tr key={change.kind}>
          <th scope="row">
            <a
              href={href('sessions', { product, version: candidate?.version, cause: change.kind })}
            >
              {causeLabels[change.kind]}
            </a>
          </th>
          <td class="num t2">{perThousand(change.base_sessions, sessions('base'))}</td>
          <td class="num">{perThousand(change.candidate_sessions, sessions('candidate'))}</td>
          <td class="num">{change.difference === null ? '—' : points(change.difference)}</td>
          <td class="num t3 ve-mid">{chanceText('q', change.q_value)}</td>
          <VerdictCell verdict={change.verdict} isUp={(change.difference ?? 0) > 0} />
        </tr>
      ))}
    </Table>
  );
}

function RateRow({ label, rate }: { label: string; rate: Rate }) {
  const interval =
    rate.low === null || rate.high === null
      ? undefined
      : `${points(rate.low)} to ${points(rate.high)} (95 % interval of Newcombe)`;
  return (
    <tr>
      <th scope="row">{label}</th>
      <td class="num t2">{rate.base === null ? '—' : `${percent(rate.base.value)} %`}</td>
      <td class="num">{rate.candidate === null ? '—' : `${percent(rate.candidate.value)} %`}</td>
      <td class="num" title={interval}>
        {rate.difference === null ? '—' : points(rate.difference)}
      </td>
      <td class="num t3 ve-mid">{chanceText('p', rate.p_value)}</td>
      <VerdictCell verdict={rate.verdict} isUp={(rate.difference ?? 0) > 0} />
    </tr>
  );
}

/** Exceptions that are new, gone, or more or less frequent for sure. */
export function ExceptionTables({ comparison }: { comparison: Comparison }) {
  const { base, candidate, exceptions } = comparison;
  const groups: [label: string, list: ExceptionChange[]][] = [
    ['New', exceptions.new],
    ['Changed', exceptions.changed],
    ['Gone', exceptions.gone],
  ];
  const rows = groups.flatMap(([label, list]) => list.map((change) => ({ label, change })));
  if (rows.length === 0) return null;
  return (
    <Table
      title="Exceptions"
      note="sessions that recorded them; Fisher’s exact test"
      heads={['', base?.version ?? '', candidate?.version ?? '', 'Difference', 'Chance', 'Verdict']}
    >
      {rows.map(({ label, change }) => (
        <ExceptionRow key={change.id} label={label} change={change} comparison={comparison} />
      ))}
    </Table>
  );
}

function ExceptionRow({
  label,
  change,
  comparison: { product, base, candidate },
}: {
  label: string;
  change: ExceptionChange;
  comparison: Comparison;
}) {
  const version = change.candidate_sessions > 0 ? candidate?.version : base?.version;
  return (
    <tr>
      <th scope="row">
        <span class="ve-exception">
          <span class="label">{label}</span>
          <a class="clip" href={href('sessions', { product, version, exception: change.id })}>
            {change.type}
          </a>
          <span class="clip t3 small">{change.message}</span>
        </span>
      </th>
      <td class="num t2">{countOrDot(change.base_sessions)}</td>
      <td class="num">{countOrDot(change.candidate_sessions)}</td>
      <td class="num">{change.difference === null ? '—' : points(change.difference)}</td>
      <td class="num t3 ve-mid">{chanceText('q', change.q_value)}</td>
      <VerdictCell verdict={change.verdict} isUp={(change.difference ?? 0) > 0} />
    </tr>
  );
}

/** Metrics, those that moved first. */
export function MetricTable({ comparison }: { comparison: Comparison }) {
  const { product, base, candidate, metrics, metrics_compared: compared } = comparison;
  if (metrics.length === 0) {
    return <p class="ve-none">No metric has enough sessions of both versions to be compared.</p>;
  }
  return (
    <Table
      title="Metrics"
      note={`${count(comparison.metrics_moved)} of ${count(compared)} moved; median of the sessions; Mann–Whitney test, effect is Cliff’s delta`}
      heads={[
        '',
        base?.version ?? '',
        candidate?.version ?? '',
        'Ratio',
        'Effect',
        'Chance',
        'Verdict',
      ]}
    >
      {metrics.map((metric) => {
        const [before, after] = medians(metric);
        const isUp = metric.cliffs_delta > 0;
        return (
          <tr key={`${metric.name} ${metric.type} ${metric.unit}`}>
            <th scope="row">
              <a
                class="clip"
                href={href('explore', { metric: metric.name, product, by: 'version' })}
              >
                {metric.name}
              </a>
            </th>
            <td class="num t2">{before}</td>
            <td class="num">{after}</td>
            <td class="num">
              {metric.ratio === null || metric.ratio === 1
                ? '·'
                : `${isUp ? '▲' : '▼'} ${ratioText(metric.ratio)}`}
            </td>
            <td class="num t2 ve-mid">{effectText(metric.cliffs_delta)}</td>
            <td class="num t3 ve-mid">{chanceText('q', metric.q_value)}</td>
            <VerdictCell verdict={metric.verdict} isUp={isUp} />
          </tr>
        );
      })}
    </Table>
  );
}

function Table({
  title,
  note,
  heads,
  children,
}: {
  title: string;
  note: string;
  /** The first is that of the names; numbers follow, and the verdict is last. */
  heads: readonly string[];
  children: ComponentChildren;
}) {
  return (
    <div class="ve-part">
      <h3>
        {title} <span class="micro t3">{note}</span>
      </h3>
      <table class="ve-table ve-compared">
        <thead>
          <tr>
            {heads.map((head, i) => (
              <th key={`${i} ${head}`} class={headLook(head, i, heads.length)}>
                {head === '' ? <span class="vh">Name</span> : <span class="clip">{head}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function headLook(head: string, i: number, length: number): string {
  if (i === 0 || i === length - 1) return '';
  return head === 'Chance' || head === 'Effect' ? 'num ve-mid' : 'num';
}

/** The verdict with an arrow for the direction and a colour for what it means. */
function VerdictCell({ verdict, isUp }: { verdict: Verdict; isUp: boolean }) {
  const isTold = verdict !== 'same' && verdict !== 'unknown';
  const tone = verdict === 'worse' || verdict === 'better' ? `${verdict} strong` : 't3';
  return (
    <td class={tone}>
      {isTold && <span aria-hidden="true">{isUp ? '▲ ' : '▼ '}</span>}
      {verdict === 'unknown' ? 'too few' : verdict}
    </td>
  );
}
