/** Where else an exception was seen, since when, and what the sessions that had it have in common. */
import { stateText } from '@tacho/protocol';
import { href } from '../../../address.ts';
import { useLoaded } from '../../../answer.ts';
import { type Answer, ask } from '../../../api.ts';
import { count, counted } from '../../../format/number.ts';
import { ago, dayAndTime, full, ms } from '../../../format/time.ts';
import { useRow } from '../model.ts';
import type { SessionEvent } from './rows.ts';

/** Common values that are shown. */
const commonsShown = 3;

/** Facts about the group of an event's exception; nothing until they are there. */
export function ExceptionFacts({ event }: { event: SessionEvent }) {
  const { id, product } = useRow();
  const answer = useLoaded(
    (signal) => groupOf(event, { id, product }, signal),
    `${id} ${event.seq}`,
  );
  const { value } = answer;
  if (value === undefined) {
    return answer.isAsking ? (
      <>
        <dt>Seen before</dt>
        <dd class="t3">…</dd>
      </>
    ) : null;
  }
  const first = ms(value.first_seen);
  return (
    <>
      <dt>Seen {value.sessions > 1 ? 'before' : 'here'}</dt>
      <dd>
        <a class="link" href={href('sessions', { product, exception: value.id })}>
          {times(value.count)} in {counted(value.sessions, 'session')}
        </a>
        , {onVersions(value.versions)}
      </dd>
      <dt>First seen</dt>
      <dd title={full(first)}>
        {dayAndTime(first)} <span class="t3">· {ago(first)}</span>
      </dd>
      {value.commons.length > 0 && (
        <>
          <dt>More often than in others</dt>
          {value.commons.slice(0, commonsShown).map((common) => (
            <dd key={common.path} title={shares(common)}>
              <span class="mono">{common.path}</span> is{' '}
              <span class="mono">{shown(common.value)}</span>{' '}
              <span class="t3">
                {common.share === 1 ? 'in all' : `in ${Math.round(common.share * 100)} %`}
              </span>
            </dd>
          ))}
        </>
      )}
    </>
  );
}

/** The group of an event's exception: that of its type in this session whose calls its stack has. */
async function groupOf(
  event: SessionEvent,
  { id, product }: { id: string; product: string },
  signal: AbortSignal,
): Promise<Answer<'getException'> | undefined> {
  const { exception_type: exception, stacktrace = [] } = event;
  if (!exception) return undefined;
  const { exceptions } = await ask('listExceptions', { query: { id, exception }, signal });
  const stack = stacktrace.join('\n');
  const group = exceptions
    .sort((a, b) => b.frames.length - a.frames.length)
    .find(({ frames }) => frames.every((frame) => stack.includes(frame.function)));
  return group && ask('getException', { id: group.id, query: { product }, signal });
}

type Common = Answer<'getException'>['commons'][number];

function shares({ sessions: n, share, others_share: othersShare }: Common): string {
  const percent = (part: number): string => `${Math.round(part * 100)} %`;
  return `${counted(n, 'session')} with it (${percent(share)}), ${percent(othersShare)} of the others`;
}

function times(n: number): string {
  return n === 1 ? 'once' : `${count(n)} times`;
}

function onVersions(versions: Answer<'getException'>['versions']): string {
  if (versions.length === 1) return `only on ${versions[0]?.version}`;
  return `on ${versions.length} versions from ${versions[0]?.version} to ${versions.at(-1)?.version}`;
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : stateText(value as never);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
