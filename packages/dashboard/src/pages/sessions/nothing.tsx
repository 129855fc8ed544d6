/** The list without rows: what to do next. */
import { useEffect } from 'preact/hooks';
import { go, href, setQuery } from '../../address.ts';
import { useAnswer } from '../../answer.ts';
import type { Answer } from '../../api.ts';
import { type Chip, chipsOf, clearing, type Filter, withoutNames } from '../../filters/filter.ts';
import { counted } from '../../format/number.ts';
import { listen } from '../../live.ts';
import { Icon } from '../../parts/icon.tsx';
import { curlLine, Empty, ShellLine } from '../../parts/waiting.tsx';

/** Nothing matches: what each part of the filter costs. */
export function NoMatch({
  filter,
  answer,
}: {
  filter: Filter;
  answer: Answer<'sessionFacets'> | undefined;
}) {
  const chips = chipsOf(filter);
  const hasRange = filter.from !== undefined && filter.to !== undefined;
  // The server tells what each end costs; what both of them cost together is a question of its own.
  const ranged = useAnswer(
    'listSessions',
    hasRange
      ? { query: { ...withoutNames(filter, ['from', 'to']), limit: 1, profile: false } }
      : undefined,
  );
  const counted = (chip: Chip): number | undefined =>
    chip.field === 'time' && hasRange
      ? ranged.value?.totals?.sessions
      : withoutChip(chip, answer?.if_removed);
  return (
    <Empty title="No session matches">
      {chips.length > 1 && <p>Without one part of the filter there would be:</p>}
      <ul class="without">
        {chips.map((chip) => (
          <li key={chip.key}>
            <button
              type="button"
              class="btn"
              onClick={() => setQuery(chip.removal, { step: true })}
            >
              <Icon name="close" size={12} />
              <span class="t2">{chip.label}</span> {chip.text}
            </button>
            <span class="num">{found(counted(chip))}</span>
          </li>
        ))}
      </ul>
      <button type="button" class="btn" onClick={() => setQuery(clearing(filter), { step: true })}>
        Show all sessions
      </button>
    </Empty>
  );
}

/** Nothing is recorded yet: how to begin. The first session opens by itself. */
export function HowToBegin() {
  useEffect(
    () =>
      listen(
        '/api/live',
        { kind: 'start' },
        {
          onEntries: ([first]) => {
            if (first !== undefined) go(href(`sessions/${first.session}`));
          },
        },
      ),
    [],
  );
  return (
    <Empty title="Nothing recorded yet">
      <p>Paste this into a terminal, and the first session opens here by itself.</p>
      <ShellLine text={curlLine('/api/sessions', { product: 'my-app', version: '1.0.0' })} />
      <p class="small t3 begin-also">
        Or watch a program without changing it: <code>tacho run -- ./app</code>. For a believable
        week of data: <code>tacho demo</code>.
      </p>
    </Empty>
  );
}

function found(n: number | undefined): string {
  if (n === undefined) return '';
  return counted(n, 'session');
}

function withoutChip(
  { field, values }: Chip,
  parts: Answer<'sessionFacets'>['if_removed'] = [],
): number | undefined {
  const names =
    field === 'time' ? ['from', 'to'] : field === 'status' ? ['cause', 'lifecycle'] : [field];
  return parts.find(
    ({ name, value }) => names.includes(name) && (field !== 'state' || value === values[0]),
  )?.sessions;
}
