/** Keys of the state as lanes: what each was in every run over time. */
import { useLoaded } from '../../../answer.ts';
import { ask } from '../../../api.ts';
import { ms } from '../../../format/time.ts';
import { Icon } from '../../../parts/icon.tsx';
import { originOf, type Run } from '../runs.ts';
import { cellText } from '../states.ts';
import { type Stretch, stretchesOf, valueAtPath } from '../stretches.ts';
import { chosenKeys, toggleKey, useComparison } from '../view.ts';
import { Letter } from '../who.tsx';
import { leftOf } from './tracks.tsx';

/** Changes of a key that are looked at; one that changes more often is no lane to read. */
const changesMax = 1_000;

/** From so much of the plot on a value has room for its text. */
const textShare = 0.02;

/** A group of lanes per key that somebody chose. */
export function KeyLanes() {
  const { runs } = useComparison();
  const keys = chosenKeys.value;
  const answer = useLoaded(
    keys.length === 0
      ? undefined
      : (signal) =>
          Promise.all(
            keys.map((key) => Promise.all(runs.map((run) => loadStretches(run, key, signal)))),
          ),
    JSON.stringify([keys, runs.map(({ row }) => [row.id, row.patches])]),
  );
  return (
    <>
      {keys.map((key, i) => (
        <Lanes key={key} path={key} stretches={answer.value?.[i]} />
      ))}
    </>
  );
}

function Lanes({ path, stretches }: { path: string; stretches: Stretch[][] | undefined }) {
  const { shown } = useComparison();
  return (
    <>
      {shown.map((run, i) => (
        <div
          key={run.row.id}
          class={i === 0 ? 'track lane key-lane is-first' : 'track lane key-lane'}
        >
          <div class="name" data-own-pointer>
            <Letter run={run} />
            {i === 0 && (
              <>
                <span class="clip" title={path}>
                  {path}
                </span>
                <button
                  type="button"
                  class="key-close"
                  aria-label={`Remove the lane of ${path}`}
                  title="Remove the lane"
                  onClick={() => toggleKey(path)}
                >
                  <Icon name="close" size={12} />
                </button>
              </>
            )}
          </div>
          <div class="plot">
            {(stretches?.[run.index] ?? []).map((each) => (
              <Value key={each.fromMs} run={run} stretch={each} />
            ))}
          </div>
        </div>
      ))}
    </>
  );
}

function Value({ run, stretch: { fromMs, toMs, value } }: { run: Run; stretch: Stretch }) {
  const { view, align } = useComparison();
  const origin = originOf(run, align);
  const from = Math.max(fromMs - origin, view[0]);
  const to = Math.min(toMs - origin, view[1]);
  if (to <= from || value === undefined) return null;
  const share = (to - from) / (view[1] - view[0]);
  const text = typeof value === 'string' ? value : cellText({ value });
  return (
    <span
      class="key-value"
      style={{ left: leftOf(from, view), width: `calc(${share * 100}% - 1px)` }}
      title={text}
    >
      {share > textShare && <span class="clip">{text}</span>}
    </span>
  );
}

async function loadStretches(run: Run, path: string, signal: AbortSignal): Promise<Stretch[]> {
  const { id } = run.row;
  const query = { path, limit: changesMax };
  const { revisions } = await ask('listStateHistory', { id, query, signal });
  const at = run.isAlive ? 'now' : 'death';
  const last =
    revisions.length > 0
      ? undefined
      : valueAtPath((await ask('getState', { id, query: { at }, signal })).state, path);
  const changes = revisions.map(({ timestamp, from, to }) => ({ atMs: ms(timestamp), from, to }));
  return stretchesOf(run.startMs, run.endMs, changes, last);
}
