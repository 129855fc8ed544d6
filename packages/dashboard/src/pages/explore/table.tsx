/** The groups as a table: how many sessions and samples, and what their values are. */
import { href, query } from '../../address.ts';
import { count, nothing, numberOf } from '../../format/number.ts';
import { Icon } from '../../parts/icon.tsx';
import { type Group, type GroupValue, groupName, groupValue, sessionsOf } from './groups.ts';
import { formOf, meaningOf, tableFunctions } from './metric.ts';
import type { Grouped } from './questions.ts';
import { filter, picked, raised, show, togglePick } from './view.ts';

/** Rows that are drawn. */
const rowsMax = 200;

/** Names of the columns. */
const titles: Record<string, string> = { count: 'Samples', avg: 'Mean', max: 'Max', rate: 'Rate' };

/** The table; a row keeps its group in the fore. */
export function GroupTable({ groups }: { groups: Grouped }) {
  const { metricOf: metric, by } = groups;
  const functions = tableFunctions(metric);
  const [column, isUp] = sortIn(query.value.get('sort'));
  const rows = sorted(groups.groups, by, column, isUp);
  const kept = picked.value;
  const head = (name: string, title: string, hint?: string) => (
    <th
      key={name}
      scope="col"
      class={name === 'group' ? undefined : 'num'}
      aria-sort={column === name ? (isUp ? 'ascending' : 'descending') : 'none'}
    >
      <button
        type="button"
        title={hint}
        onClick={() => show({ sort: column === name && !isUp ? `${name}-up` : name })}
      >
        {title}
        {column === name && <Icon name={isUp ? 'up' : 'down'} size={12} />}
      </button>
    </th>
  );
  return (
    <div class="explore-scroll">
      <table class="explore-table">
        <thead>
          <tr>
            {head('group', 'Group')}
            {head('sessions', 'Sessions')}
            {functions.map((fn) => head(fn, titles[fn] ?? fn, meaningOf(fn)))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, rowsMax).map((group) => {
            const value = groupValue(group, by);
            return (
              <tr
                key={value ?? '\n'}
                aria-selected={kept.includes(value)}
                onPointerEnter={() => {
                  raised.value = value;
                }}
                onPointerLeave={() => {
                  raised.value = undefined;
                }}
              >
                <th scope="row">
                  <PickButton value={value} by={by} isPicked={kept.includes(value)} />
                </th>
                <td class="num">
                  <a
                    class="link"
                    href={href('sessions', sessionsOf(filter.value, by, value))}
                    aria-label={`${count(group.sessions)} sessions of ${groupName(value, by)}`}
                  >
                    {count(group.sessions)}
                  </a>
                </td>
                {functions.map((fn) => (
                  <td key={fn} class="num">
                    {group.results[fn] === null ? nothing : formOf(metric, fn)(group.results[fn])}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {rows.length > rowsMax && (
        <p class="explore-none">{count(rows.length - rowsMax)} more groups are not listed</p>
      )}
    </div>
  );
}

function PickButton({ value, by, isPicked }: { value: GroupValue; by: string; isPicked: boolean }) {
  return (
    <button
      type="button"
      class={value === null ? 'explore-group t3' : 'explore-group'}
      aria-pressed={isPicked}
      title={isPicked ? 'No longer in the fore' : 'Keep in the fore'}
      onClick={() => togglePick(value)}
    >
      <span class="clip">{groupName(value, by)}</span>
    </button>
  );
}

function sortIn(text: string | null): [column: string, isUp: boolean] {
  if (text === null) return ['count', false];
  return text.endsWith('-up') ? [text.slice(0, -'-up'.length), true] : [text, false];
}

function sorted(groups: readonly Group[], by: string, column: string, isUp: boolean): Group[] {
  const sign = isUp ? 1 : -1;
  if (column === 'group') {
    const name = (group: Group): string => groupValue(group, by) ?? '';
    return [...groups].sort(
      (a, b) => sign * name(a).localeCompare(name(b), 'en', { numeric: true }),
    );
  }
  const value = (group: Group): number =>
    column === 'sessions'
      ? group.sessions
      : (numberOf(group.results[column]) ?? Number.NEGATIVE_INFINITY);
  return [...groups].sort((a, b) => sign * (value(a) - value(b)));
}
