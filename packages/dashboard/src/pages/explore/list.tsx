/** The groups beside their lines: the value of each at the cursor, found by typing, kept by a click. */
import { useState } from 'preact/hooks';
import { href } from '../../address.ts';
import { seriesDash } from '../../chart/series.ts';
import { count, nothing } from '../../format/number.ts';
import { stepWords } from './axis.tsx';
import { groupName, type Line, type Picture, sessionsOf } from './groups.ts';
import { middleOf } from './near.ts';
import { stepText } from './range.ts';
import { cursorMs, filter, picked, raised, togglePick } from './view.ts';

/** So many groups are found without typing. */
const fewGroups = 8;

/** Rows that are drawn. */
const rowsMax = 100;

/** The list, sorted by value. */
export function GroupList({ picture, isAge }: { picture: Picture; isAge: boolean }) {
  const [text, setText] = useState('');
  const { lines, by, stepMs } = picture;
  const at = cursorMs.value;
  const middle = at === undefined ? undefined : middleOf(at, stepMs);
  const rows = lines
    .map((line) => ({ line, value: readingOf(line, middle) }))
    .filter(({ line }) =>
      groupName(line.value, by).toLowerCase().includes(text.trim().toLowerCase()),
    )
    .sort((a, b) => (b.value ?? Number.NEGATIVE_INFINITY) - (a.value ?? Number.NEGATIVE_INFINITY));
  return (
    <div class="explore-list">
      <p class="small t3">
        {at === undefined || stepMs === 0 ? 'Last values' : stepWords(at, stepMs, isAge)}
        {stepMs > 0 && <span> · steps of {stepText(stepMs)}</span>}
      </p>
      {lines.length > fewGroups && (
        <input
          type="search"
          class="metric-find"
          aria-label="Find a group"
          placeholder={`Find one of ${count(lines.length)} groups`}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      )}
      <ul>
        {rows.slice(0, rowsMax).map(({ line, value }) => (
          <Row
            key={line.value ?? '\n'}
            line={line}
            value={value}
            middle={middle}
            picture={picture}
          />
        ))}
      </ul>
      {rows.length > rowsMax && (
        <p class="explore-none">{count(rows.length - rowsMax)} more: type to find them</p>
      )}
    </div>
  );
}

function Row({
  line,
  value,
  middle,
  picture,
}: {
  line: Line;
  value: number | undefined;
  middle: number | undefined;
  picture: Picture;
}) {
  const { by, loud, form, stepMs } = picture;
  const place = loud.indexOf(line.value);
  const isPicked = picked.value.includes(line.value);
  const name = groupName(line.value, by);
  const sessions = middle === undefined ? undefined : line.points.get(middle)?.sessions;
  const step =
    middle === undefined ? undefined : { fromMs: middle - stepMs / 2, toMs: middle + stepMs / 2 };
  return (
    <li
      class={place < 0 ? 'explore-row' : `explore-row series-${place + 1}`}
      onPointerEnter={() => {
        raised.value = line.value;
      }}
      onPointerLeave={() => {
        raised.value = undefined;
      }}
    >
      <button
        type="button"
        aria-pressed={isPicked}
        title={isPicked ? 'No longer in the fore' : 'Keep in the fore'}
        onClick={() => togglePick(line.value)}
      >
        <svg width="20" height="6" viewBox="0 0 20 6" aria-hidden="true">
          <path d="M0 3H20" stroke-dasharray={place < 0 ? '' : seriesDash(place).join(' ')} />
        </svg>
        <span class="clip">{name}</span>
      </button>
      <b class={value === undefined ? 't3' : undefined}>
        {value === undefined ? nothing : form(value)}
      </b>
      {sessions !== undefined && step !== undefined && (
        <a
          class="link small"
          href={href('sessions', sessionsOf(filter.value, by, line.value, step))}
          title={`${count(sessions)} sessions behind this value`}
          aria-label={`${count(sessions)} sessions behind the value of ${name}`}
        >
          {count(sessions)}
        </a>
      )}
    </li>
  );
}

function readingOf({ column, points }: Line, middle: number | undefined): number | undefined {
  if (middle !== undefined) return points.get(middle)?.value;
  return column.values.filter((each) => each !== null).at(-1);
}
