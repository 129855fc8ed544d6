/** The top of the session page: which session, its verdict in a sentence, the steps of its ending. */

import { valueAt } from '@tacho/protocol';
import { useEffect } from 'preact/hooks';
import { href, link } from '../../../address.ts';
import { useAnswer, useLoaded } from '../../../answer.ts';
import { ago, clock, dayOf, full, now } from '../../../format/time.ts';
import { isRunning, outcomeOfRow } from '../../../outcome.ts';
import { CopyButton } from '../../../parts/copy.tsx';
import { Glyph } from '../../../parts/glyph.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { useRow, useSession } from '../model.ts';
import { useRecorder } from '../recorder/context.ts';
import { statesOf } from '../state/states.ts';
import { Ending } from './ending.tsx';
import { hardwareWords } from './hardware.ts';
import { More } from './more.tsx';
import { plain, verdictOf } from './sentence.ts';
import './verdict.css';

/** What moved in a session that runs is asked for again so often. */
const liveRefreshMs = 10_000;

/** Trail, sentence, ending. */
export function Verdict() {
  const model = useSession();
  const row = useRow();
  const pin = model.pins.value[0];
  const version = isRunning(row) ? Math.floor(now.value / liveRefreshMs) : row.lifecycle;
  const asked = { id: row.id, query: pin === undefined ? {} : { pin } };
  const moments = useAnswer('listMoments', asked, { version }).value?.moments ?? [];
  const movers = useRecorder().feed.movers.value ?? [];
  const last = useLoaded(
    () => statesOf(model).at({ atMs: isRunning(row) ? Date.now() : model.endMs.peek() }),
    `${row.id} ${row.lifecycle}`,
  ).value;

  const path = pin ?? moments.find(({ kind }) => kind === 'state')?.path;
  const outcome = outcomeOfRow(row);
  const parts = verdictOf({
    ...{ row, endMs: model.endMs.value, movers, moments },
    ...(path !== undefined &&
      last && { place: { path, value: valueAt(last.state, path), isPinned: pin !== undefined } }),
  });
  const sentence = plain(parts);
  useEffect(() => {
    document.title = `${sentence} · ${row.product} ${row.version} · Tacho`;
  }, [sentence, row.product, row.version]);
  return (
    <header class="verdict">
      <Trail hardware={last ? hardwareWords(last.state) : []} />
      <h1>
        <Glyph name={outcome} size={26} />
        <span>
          {parts.map(({ text, isFact, ink }, i) =>
            isFact ? (
              <b key={i} class={ink === undefined ? '' : `ink-${ink}`}>
                {text}
              </b>
            ) : (
              text
            ),
          )}
        </span>
      </h1>
      <Ending moments={moments} />
    </header>
  );
}

function Trail({ hardware }: { hardware: readonly string[] }) {
  const { summary } = useSession();
  const row = useRow();
  const { product, version } = row;
  const machine = row.hostname ?? row.machine_id;
  const alike = summary.value?.alike;
  return (
    <div class="trail">
      <a class="back" href={href('sessions')}>
        Sessions
      </a>
      <span class="sep">/</span>
      <a class="clip" href={href('sessions', { product, version })}>
        <b>{product}</b> {version}
      </a>
      {machine !== undefined && (
        <a
          class="clip wide"
          href={href(
            'sessions',
            row.hostname === undefined ? { machine } : { hostname: row.hostname },
          )}
        >
          {machine}
        </a>
      )}
      {hardware.length > 0 && <span class="clip t3 hardware">{hardware.join(', ')}</span>}
      <Span />
      <CopyButton text={row.id} label={`Copy the full id ${row.id}`} class="idbtn mono">
        {row.id.slice(0, 8)}
      </CopyButton>
      <span class="grow" />
      {alike && alike.others > 0 && (
        <a
          class="alike clip"
          href={href('sessions', {
            ...{ product, cause: row.cause?.kind, exception: alike.exception_type },
          })}
        >
          {alike.sentence}
        </a>
      )}
      <span class="actions">
        <a
          class="btn"
          href={href('compare', { id: row.id })}
          aria-label="Compare"
          title="Compare with others"
        >
          <Icon name="compare" />
          <span>Compare</span>
        </a>
        <CopyButton text={link} label="Copy a link to this view" icon="link" class="btn">
          <span>Copy link</span>
        </CopyButton>
        <More />
      </span>
    </div>
  );
}

/** From when to when, and how long ago that was. */
function Span() {
  const { startMs, endMs, isLive } = useSession();
  const [from, to] = [startMs.value, endMs.value];
  const isOneDay = dayOf(from) === dayOf(to);
  return (
    <span class="span" title={`${full(from)}\n– ${isLive.value ? 'still running' : full(to)}`}>
      {dayOf(from)} {clock(from)}
      {!isLive.value && (
        <>
          {' – '}
          {isOneDay ? '' : `${dayOf(to)} `}
          {clock(to)} <span class="t3">· {ago(to)}</span>
        </>
      )}
      {isLive.value && <span class="t3"> · running</span>}
    </span>
  );
}
