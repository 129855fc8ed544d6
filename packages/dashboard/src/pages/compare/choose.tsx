/** Choosing what to compare: recent sessions to tick, found by id, machine, product or version. */
import { useEffect, useState } from 'preact/hooks';
import { href, type Query } from '../../address.ts';
import { useLoaded } from '../../answer.ts';
import { ask } from '../../api.ts';
import { duration } from '../../format/time.ts';
import { outcomeOfRow, type SessionRow } from '../../outcome.ts';
import { Glyph } from '../../parts/glyph.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Time } from '../../parts/time.tsx';
import { curlLine, Empty, Loaded, ShellLine } from '../../parts/waiting.tsx';
import { markReady } from '../../ready.ts';
import { candidatesOf } from './candidates.ts';
import { runsMax } from './runs.ts';
import { showRuns } from './view.ts';

/** Sessions that are offered without a search. */
const recentMax = 100;

/** What is shown while fewer than two sessions are chosen. */
export function ChoosePage({
  chosen,
  missing = [],
}: {
  chosen: readonly string[];
  missing?: readonly string[];
}) {
  const [ticked, setTicked] = useState<readonly string[]>(chosen);
  useEffect(() => {
    document.title = 'Compare · Tacho';
  }, []);
  const toggle = (id: string): void =>
    setTicked(ticked.includes(id) ? ticked.filter((each) => each !== id) : [...ticked, id]);
  const isReady = ticked.length >= 2 && ticked.length <= runsMax;
  return (
    <div class="choose">
      <header class="choose-head">
        <h1 class="empty-title">Which runs do you want to compare?</h1>
        <p class="t2">
          Tick two to {runsMax} of them here, or select them in the{' '}
          <a class="link" href={href('sessions')}>
            list of sessions
          </a>{' '}
          and press Compare.
        </p>
        {missing.length > 0 && (
          <p class="t2">
            Not there any more: <span class="mono">{missing.map(short).join(', ')}</span>
          </p>
        )}
      </header>
      <Candidates selected={ticked} onToggle={toggle} isPage />
      {ticked.length > 0 && (
        <div class="choose-bar">
          <span>
            <b>{ticked.length}</b> chosen{ticked.length < 2 && ', one more is needed'}
          </span>
          <button
            type="button"
            class="btn btn-primary"
            disabled={!isReady}
            onClick={() => showRuns(ticked)}
          >
            <Icon name="compare" />
            Compare {ticked.length}
          </button>
          <button type="button" class="btn btn-quiet" onClick={() => setTicked([])}>
            Clear
          </button>
        </div>
      )}
    </div>
  );
}

/** A field and the sessions that fit, each with a box to tick. */
export function Candidates({
  selected,
  products = [],
  onToggle,
  isPage = false,
}: {
  selected: readonly string[];
  /** Only sessions of these are offered until somebody types; all when there are none. */
  products?: readonly string[];
  onToggle: (id: string) => void;
  isPage?: boolean;
}) {
  const [text, setText] = useState('');
  const wanted = text.trim();
  const answer = useLoaded(
    (signal) => load(wanted, selected, products, signal),
    JSON.stringify([wanted, products]),
  );
  useEffect(() => {
    if (isPage && answer.value !== undefined) markReady('compare');
  }, [answer.value]);
  const isFull = selected.length >= runsMax;
  return (
    <div class={isPage ? 'candidates is-page' : 'candidates'}>
      <label class="candidates-field">
        <Icon name="search" size={14} />
        <span class="vh">Find sessions</span>
        <input
          type="search"
          placeholder="Id, machine, product, version"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <Loaded answer={answer} rows={6}>
        {(rows) =>
          rows.length === 0 ? (
            <Nothing text={wanted} />
          ) : (
            <ul>
              {rows.map((row) => (
                <Candidate
                  key={row.id}
                  row={row}
                  isTicked={selected.includes(row.id)}
                  isFull={isFull}
                  onToggle={() => onToggle(row.id)}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
    </div>
  );
}

function Candidate({
  row,
  isTicked,
  isFull,
  onToggle,
}: {
  row: SessionRow;
  isTicked: boolean;
  isFull: boolean;
  onToggle: () => void;
}) {
  return (
    <li>
      <label class="candidate">
        <input
          type="checkbox"
          checked={isTicked}
          disabled={isFull && !isTicked}
          onChange={onToggle}
        />
        <Glyph name={outcomeOfRow(row)} />
        <span class="candidate-what clip">
          {row.product} <b>{row.version}</b> · {row.machine_id ?? row.hostname ?? 'no machine'}
        </span>
        <span class="candidate-end clip">
          {row.cause?.sentence ?? `Alive for ${duration(row.duration_ms)}`}
        </span>
        <span class="candidate-when">
          <Time at={row.created_at} form="day" /> · {duration(row.duration_ms)}
        </span>
      </label>
    </li>
  );
}

function Nothing({ text }: { text: string }) {
  if (text !== '') return <p class="compare-none">No session fits “{text}”</p>;
  return (
    <Empty title="No session was recorded yet">
      <p>Record two runs of your program, and then see here where they part:</p>
      <ShellLine text={curlLine('/api/sessions', { product: 'my-app', version: '1.0' })} />
    </Empty>
  );
}

/** Recent sessions of what is compared already; with a text, all that fit it. */
async function load(
  text: string,
  selected: readonly string[],
  products: readonly string[],
  signal: AbortSignal,
): Promise<SessionRow[]> {
  const list = async (query: Query) =>
    (
      await ask('listSessions', {
        query: { ...query, limit: recentMax, totals: false, profile: false },
        signal,
      })
    ).sessions;
  const questions: Query[] = [text === '' ? { product: products } : {}];
  if (text !== '') {
    if (/^[0-9a-f-]{4,36}$/i.test(text)) questions.push({ id: text });
    for (const field of ['machine', 'hostname', 'product', 'version']) {
      questions.push({ [field]: text });
    }
  }
  const answers = await Promise.all(questions.map(list));
  return candidatesOf(answers.flat(), text, selected);
}

function short(id: string): string {
  return id.slice(0, 8);
}
