/** How each run was doing over time, and what stands at its end. */
import { useLoaded } from '../../../answer.ts';
import { type Answer, ask } from '../../../api.ts';
import { duration, ms } from '../../../format/time.ts';
import { Glyph } from '../../../parts/glyph.tsx';
import { endWord, originOf, type Run } from '../runs.ts';
import { useComparison } from '../view.ts';
import { Letter } from '../who.tsx';
import { leftOf } from './tracks.tsx';

type Status = Answer<'getTimeline'>['status'][number];

/** Words of what a lane shows beside the ordinary. */
const words: Partial<Record<Status['status'], string>> = {
  hung: 'hung',
  suspended: 'suspended',
  silence: 'silent',
};

/** From so much of the plot on a stretch has room for its words. */
const wordShare = 0.07;

/** A lane per run. */
export function Lanes() {
  const { runs, shown } = useComparison();
  const answer = useLoaded(
    (signal) =>
      Promise.all(
        runs.map(async ({ row: { id } }) => {
          const query = { width: 1_000 };
          return (await ask('getTimeline', { id, query, signal })).status;
        }),
      ),
    JSON.stringify(runs.map(({ row }) => [row.id, row.updated_at])),
  );
  return (
    <>
      {shown.map((run) => (
        <Lane key={run.row.id} run={run} statuses={answer.value?.[run.index] ?? []} />
      ))}
    </>
  );
}

function Lane({ run, statuses }: { run: Run; statuses: readonly Status[] }) {
  const { align, view, raised } = useComparison();
  const origin = originOf(run, align);
  const [start, end] = [run.startMs - origin, run.endMs - origin];
  const alive = statuses.filter(({ status }) => !['ended', 'crashed', 'lost'].includes(status));
  const isEndSeen = end > view[0] && end < view[1];
  return (
    <div
      class="track lane"
      onPointerEnter={() => {
        raised.value = run.letter;
      }}
      onPointerLeave={() => {
        raised.value = undefined;
      }}
    >
      <div class="name">
        <Letter run={run} />
        <span class="clip">{run.row.machine_id ?? run.row.hostname ?? run.row.version}</span>
      </div>
      <div class="plot">
        {alive.map((each) => (
          <Stretch
            key={each.from}
            status={each.status}
            from={Math.max(ms(each.from) - origin, start)}
            to={Math.min(ms(each.to) - origin, end)}
          />
        ))}
        {isEndSeen && (
          <span class={`lane-end ink-${run.outcome}`} style={{ left: leftOf(end, view) }}>
            <Glyph name={run.outcome} size={14} />
            <span class="clip">{endWord(run)}</span>
          </span>
        )}
      </div>
    </div>
  );
}

function Stretch({ status, from, to }: { status: Status['status']; from: number; to: number }) {
  const { view } = useComparison();
  const [low, high] = [Math.max(from, view[0]), Math.min(to, view[1])];
  if (high <= low) return null;
  const share = (high - low) / (view[1] - view[0]);
  const word = words[status];
  const text = word === undefined ? status : `${word} ${duration(to - from)}`;
  return (
    <span
      class={`lane-${status}`}
      style={{ left: leftOf(low, view), width: `${share * 100}%` }}
      title={text}
    >
      {word !== undefined && share > wordShare && <span class="lane-word clip">{text}</span>}
    </span>
  );
}
