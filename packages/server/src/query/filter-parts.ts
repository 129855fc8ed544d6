/** Parts of a session filter: what a result would be without one of them, and filters put together. */
import { formatStateCondition, type Outcome, outcomes, type SessionFilter } from '@tacho/protocol';

/** A filter without one of its parts. */
export interface FilterPart {
  /** Parameter that it stands for. */
  name: string;
  /** Only where one value of several is left out. */
  value?: string;
  rest: SessionFilter;
}

const parameters: Record<Exclude<keyof SessionFilter, 'state'>, string> = {
  ids: 'id',
  products: 'product',
  versions: 'version',
  machines: 'machine',
  hostnames: 'hostname',
  lifecycles: 'lifecycle',
  livenesses: 'liveness',
  outcomes: 'outcome',
  causes: 'cause',
  hadHang: 'hung',
  fromUs: 'from',
  toUs: 'to',
  events: 'event',
  exceptions: 'exception',
  text: 'text',
};

/** Every part of a filter that can be taken away by itself; of the state each condition. */
export function filterParts(filter: SessionFilter): FilterPart[] {
  const parts: FilterPart[] = [];
  for (const [field, name] of Object.entries(parameters)) {
    if (!(field in filter)) continue;
    const { [field as keyof SessionFilter]: _, ...rest } = filter;
    parts.push({ name, rest });
  }
  const { state = [], ...others } = filter;
  state.forEach((condition, i) => {
    const left = state.filter((_, at) => at !== i);
    const rest = left.length === 0 ? others : { ...others, state: left };
    parts.push({ name: 'state', value: formatStateCondition(condition), rest });
  });
  return parts;
}

/** The filter with nothing but these outcomes, of those that it asks for. */
export function withOutcomes(filter: SessionFilter, wanted: readonly Outcome[]): SessionFilter {
  const asked = filter.outcomes ?? outcomes;
  return { ...filter, outcomes: wanted.filter((outcome) => asked.includes(outcome)) };
}
