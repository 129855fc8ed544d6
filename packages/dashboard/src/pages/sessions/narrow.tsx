/** Values that split the result best: each is one click away from being part of the filter. */
import { setQuery } from '../../address.ts';
import type { Answer } from '../../api.ts';
import { type FieldName, fieldOf, valueLabel } from '../../filters/fields.ts';
import { adding, conditionWords, type Filter } from '../../filters/filter.ts';
import { count, percent } from '../../format/number.ts';

/** Chips at most. */
const splitsMax = 6;

/** One suggestion. */
interface Split {
  field: FieldName;
  value: string;
  label: string;
  text: string;
  sessions: number;
  title: string;
}

/** The row of suggestions; it keeps its place while they are on their way. */
export function Narrow({
  filter,
  answer,
}: {
  filter: Filter;
  answer: Answer<'sessionFacets'> | undefined;
}) {
  const splits = answer === undefined ? [] : splitsOf(filter, answer);
  if (answer !== undefined && splits.length === 0) return <div class="narrow none" />;
  return (
    <fieldset class="narrow" aria-label="Narrow down">
      {splits.length > 0 && <span aria-hidden="true">Narrow down</span>}
      {splits.map(({ field, value, label, text, sessions, title }) => (
        <button
          key={`${field} ${value}`}
          type="button"
          class="chip"
          title={title}
          onClick={() => setQuery(adding(filter, field, value), { step: true })}
        >
          <span>{label}</span> {text !== '' && <b class="clip">{text}</b>}{' '}
          <span>{count(sessions)}</span>
        </button>
      ))}
    </fieldset>
  );
}

function splitsOf(filter: Filter, { totals, splits }: Answer<'sessionFacets'>): Split[] {
  const found: Split[] = [];
  const isBad = splits?.between === 'bad_and_good';
  for (const each of splits?.values ?? []) {
    const { name, value } = each.parameter;
    const field = name as FieldName;
    if (filter[name as keyof Filter]?.includes(value) === true) continue;
    const sessions = each.inside + (isBad ? each.outside : 0);
    if (sessions === totals.sessions) continue;
    const [label, text] =
      field === 'state' ? conditionWords(value) : [fieldOf(field).label, valueLabel(field, value)];
    const [inside, outside] = [percent(each.inside_share, 0), percent(each.outside_share, 0)];
    const title = isBad
      ? `${inside} % of those that ended badly, ${outside} % of the others`
      : `${inside} % of these, ${outside} % of the other sessions`;
    found.push({ field, value, label, text, sessions, title });
  }
  if (filter.hung === undefined && totals.hung > 0 && totals.hung < totals.sessions) {
    const title = 'Sessions that hung at least once';
    const { hung: sessions } = totals;
    found.splice(1, 0, {
      field: 'hung',
      value: 'true',
      label: 'had a hang',
      text: '',
      sessions,
      title,
    });
  }
  return found.slice(0, splitsMax);
}
