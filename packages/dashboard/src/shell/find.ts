/** What a search finds: pages, sessions, values of fields, and events, each with where it leads. */
import { href } from '../address.ts';
import { type Answer, ask } from '../api.ts';
import { counted } from '../format/number.ts';
import { ago, ms } from '../format/time.ts';
import { outcomeOfRow } from '../outcome.ts';
import type { GlyphName } from '../parts/glyph.tsx';

/** Something found. */
export interface Finding {
  /** What it is one of: `Sessions`, `Machines` … */
  heading: string;
  title: string;
  /** More about it, quieter. */
  detail: string;
  /** At the right: how many, or when. */
  note: string;
  glyph?: GlyphName;
  href: string;
}

/** Most findings of one heading. */
const each = 5;

/** Fields whose values are looked through, with their headings. */
const fields = [
  ['product', 'Products'],
  ['version', 'Versions'],
  ['machine', 'Machines'],
  ['hostname', 'Hosts'],
] as const;

/** Finds what begins with or holds the text; the newest sessions when it is empty. Rejects as `ask` does. */
export async function find(text: string, signal: AbortSignal): Promise<Finding[]> {
  if (text === '') {
    const { sessions } = await ask('listSessions', {
      query: { limit: each, totals: false, profile: false },
      signal,
    });
    return sessions.map((row) => sessionFinding('Newest sessions', row));
  }
  const [sessions, events, ...values] = await Promise.all([
    /^[0-9a-f-]+$/i.test(text)
      ? ask('listSessions', {
          query: { id: text.toLowerCase(), limit: each, totals: false, profile: false },
          signal,
        })
      : undefined,
    ask('searchEvents', { query: { text, limit: each }, signal }),
    ...fields.map(([field]) =>
      ask('sessionFacets', { query: { field, prefix: text, limit: each }, signal }),
    ),
  ]);
  return [
    ...(sessions?.sessions ?? []).map((row) => sessionFinding('Sessions', row)),
    ...fields.flatMap(([field, heading], i) =>
      (values[i]?.values ?? []).map(({ value, sessions: n }) => ({
        heading,
        title: value ?? '',
        detail: '',
        note: counted(n, 'session'),
        href: href('sessions', { [field]: value }),
      })),
    ),
    ...events.events.map(eventFinding),
    {
      heading: 'Events',
      title: `“${text}”`,
      detail: 'in names, messages and exceptions',
      note: 'all sessions with it',
      href: href('sessions', { text }),
    },
  ];
}

function sessionFinding(heading: string, row: Answer<'listSessions'>['sessions'][number]): Finding {
  return {
    heading,
    title: row.id.slice(0, 8),
    detail: `${row.product} ${row.version}${row.cause ? ` · ${row.cause.sentence}` : ''}`,
    note: ago(ms(row.created_at)),
    glyph: outcomeOfRow(row),
    href: href(`sessions/${row.id}`),
  };
}

function eventFinding(event: Answer<'searchEvents'>['events'][number]): Finding {
  return {
    heading: 'Events',
    title: event.exception_type ?? event.name,
    detail: `${event.exception_msg || event.message} · ${event.product} ${event.version}`,
    note: ago(ms(event.timestamp)),
    glyph: event.level,
    href: href(`sessions/${event.session}`, { at: ms(event.timestamp) }),
  };
}
