/** The exceptions of a product in the range, the most frequent first. */
import { href } from '../../address.ts';
import { type Answered, useLoaded } from '../../answer.ts';
import { type Answer, ask } from '../../api.ts';
import { count, counted } from '../../format/number.ts';
import { Loaded } from '../../parts/waiting.tsx';
import { type Release, since } from './data.ts';
import type { Range, Window } from './range.ts';

type Exceptions = Answer<'listExceptions'>;

/** A group of exceptions. */
type Exception = Exceptions['exceptions'][number];

/** The panel. */
export function ExceptionsPanel({
  product,
  answer,
  history,
  range,
  window,
}: {
  product: string;
  answer: Answered<Exceptions>;
  /** All versions that were ever seen, newest first; undefined until they are there. */
  history: readonly Release[] | undefined;
  range: Range;
  window: Window;
}) {
  const ids = (answer.value?.exceptions ?? []).map(({ id }) => id);
  const sparks = useSparks(product, ids, range, window);
  const newest = (history?.length ?? 0) > 1 ? history?.[0] : undefined;
  return (
    <section class="panel ov-panel" aria-labelledby="ov-exceptions">
      <header>
        <h2 id="ov-exceptions">Exceptions</h2>
        <span class="micro t3">most frequent first</span>
      </header>
      <Loaded answer={answer} rows={6}>
        {({ exceptions }) =>
          exceptions.length === 0 ? (
            <p class="ov-none">No exception in {range.words}.</p>
          ) : (
            exceptions.map((exception) => (
              <a
                key={exception.id}
                class="ov-exc"
                href={href('sessions', { product, exception: exception.id, ...since(window) })}
              >
                <span class="ov-exc-type clip">
                  {exception.type}
                  {isNew(exception, newest) && (
                    <span class="ov-new" title={`First seen in ${newest?.version}`}>
                      new
                    </span>
                  )}
                </span>
                <span class="ov-exc-text clip">{exception.message || '—'}</span>
                <Spark values={sparks.get(exception.id)} />
                <span class="ov-exc-count strong">{count(exception.count)}</span>
                <span class="ov-exc-runs">{counted(exception.sessions, 'run')}</span>
              </a>
            ))
          )
        }
      </Loaded>
    </section>
  );
}

/** Whether only the newest version has it. */
function isNew({ versions }: Exception, newest: Release | undefined): boolean {
  return newest !== undefined && versions.every(({ version }) => version === newest.version);
}

const sparkWidth = 72;
const sparkHeight = 22;

/** Sessions with it over time. */
function Spark({ values }: { values: readonly number[] | undefined }) {
  const greatest = Math.max(1, ...(values ?? []));
  const pitch = sparkWidth / Math.max(1, values?.length ?? 1);
  const d = (values ?? [])
    .map((value, i) => {
      const height = value === 0 ? 1 : Math.max(2, (value / greatest) * sparkHeight);
      return `M${(i * pitch).toFixed(1)} ${sparkHeight}h${(pitch - 1).toFixed(1)}v-${height.toFixed(1)}h-${(pitch - 1).toFixed(1)}z`;
    })
    .join('');
  return (
    <svg
      class="ov-spark"
      width={sparkWidth}
      height={sparkHeight}
      viewBox={`0 0 ${sparkWidth} ${sparkHeight}`}
      aria-hidden="true"
    >
      <path d={d} fill="var(--data-quiet)" />
    </svg>
  );
}

function useSparks(
  product: string,
  ids: readonly string[],
  { trendMs }: Range,
  window: Window,
): ReadonlyMap<string, number[]> {
  // Two steps of trends make a dozen bars, which is what so small a picture can show.
  const everyMs = trendMs * 2;
  const firstMs = Math.floor(window.fromMs / everyMs) * everyMs;
  const length = Math.ceil((window.toMs - firstMs) / everyMs);
  const one = async (exception: string, signal: AbortSignal): Promise<[string, number[]]> => {
    const query = { product, exception, ...since(window), every: `${everyMs}ms` };
    const { groups } = await ask('countSessions', { query, signal });
    const values = Array.from({ length }, () => 0);
    for (const { time, sessions } of groups) {
      const at = Math.floor((Date.parse(time ?? '') - firstMs) / everyMs);
      if (values[at] !== undefined) values[at] = sessions;
    }
    return [exception, values];
  };
  const { value } = useLoaded(
    ids.length === 0
      ? undefined
      : async (signal) => new Map(await Promise.all(ids.map((id) => one(id, signal)))),
    JSON.stringify([product, ids, window]),
  );
  return value ?? new Map();
}
