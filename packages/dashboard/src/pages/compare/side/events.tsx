/** What the runs recorded, counted by name, side by side. */
import { useState } from 'preact/hooks';
import { href } from '../../../address.ts';
import { useLoaded } from '../../../answer.ts';
import { ask } from '../../../api.ts';
import { count, countOrDot } from '../../../format/number.ts';
import { Glyph } from '../../../parts/glyph.tsx';
import { Loaded } from '../../../parts/waiting.tsx';
import { type CountRow, countRows } from '../counts.ts';
import { useComparison } from '../view.ts';
import { RunHeads } from './run-heads.tsx';

/** Kinds of events of a run that are told. */
const kindsMax = 1_000;

/** Rows before somebody asks for all. */
const rowsMax = 12;

/** Width of the longest bar. */
const barPx = 40;

/** Widths from which on a table scrolls sideways instead of hiding its values, in pixels. */
const keyPx = 144;
const cellPx = 56;

/** The table. */
export function EventCounts() {
  const { runs, shown } = useComparison();
  const answer = useLoaded(
    (signal) =>
      Promise.all(
        runs.map(async ({ row: { id } }) => {
          return (await ask('countEvents', { id, query: { limit: kindsMax }, signal })).kinds;
        }),
      ),
    JSON.stringify(runs.map(({ row }) => [row.id, row.events])),
  );
  const rows = countRows(shown.map(({ index }) => answer.value?.[index] ?? []));
  return (
    <section aria-labelledby="compare-events">
      <header>
        <h2 id="compare-events">Events</h2>
        <span class="small t3 clip">counts over the whole run</span>
      </header>
      <Loaded answer={answer} rows={5}>
        {() =>
          rows.length === 0 ? (
            <p class="compare-none">None of these runs recorded an event</p>
          ) : (
            <Table rows={rows} />
          )
        }
      </Loaded>
    </section>
  );
}

function Table({ rows }: { rows: readonly CountRow[] }) {
  const { shown } = useComparison();
  const [isAll, setAll] = useState(false);
  const most = Math.max(1, ...rows.flatMap(({ counts }) => counts));
  return (
    <div class="compare-scroll">
      <table class="cmp cmp-counts" style={{ minWidth: `${keyPx + shown.length * cellPx}px` }}>
        <RunHeads of="Event" />
        <tbody>
          {rows
            .slice(0, isAll ? rows.length : rowsMax)
            .map(({ name, level, counts, isException }) => (
              <tr key={name}>
                <th scope="row">
                  <span class="cmp-name">
                    <Glyph name={level} size={12} label={level} />
                    <a
                      class="clip"
                      href={href('sessions', { [isException ? 'exception' : 'event']: name })}
                      title={`${name}: all sessions that recorded it`}
                    >
                      {name}
                    </a>
                  </span>
                </th>
                {counts.map((n, i) => (
                  <td key={i} class={n === 0 ? 'zero' : undefined}>
                    <span class={`cell series-${(shown[i]?.index ?? 0) + 1}`}>
                      <span>{countOrDot(n)}</span>
                      {n > 0 && <i style={{ width: `${Math.max(1, (n / most) * barPx)}px` }} />}
                    </span>
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
      {rows.length > rowsMax && !isAll && (
        <button type="button" class="btn btn-quiet btn-s" onClick={() => setAll(true)}>
          {count(rows.length - rowsMax)} more names
        </button>
      )}
    </div>
  );
}
