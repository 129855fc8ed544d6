/** One event as a row of the table, which opens in place. */
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by transforms cannot be those of a table.
// biome-ignore-all lint/a11y/useFocusableInteractive: rows hold buttons, which have the focus.
import { clock, full, ms, offset } from '../../../format/time.ts';
import { Glyph } from '../../../parts/glyph.tsx';
import { useRow, useSession } from '../model.ts';
import { endName } from '../recorder/ending.ts';
import { Detail } from './detail.tsx';
import type { SessionEvent } from './rows.ts';
import { toggleValue } from './tools.tsx';

/** Labels that have room in a row. */
const labelsShown = 3;

/** A row, and what it opens. */
export function EventRow({
  event,
  isFatal,
  isOpen,
  onToggle,
}: {
  event: SessionEvent;
  isFatal: boolean;
  isOpen: boolean;
  onToggle: () => void;
}) {
  const { seq, level, name, group, labels, exception_type: type } = event;
  const atMs = ms(event.timestamp);
  const title = type !== undefined && isPlainName(name) ? type : name;
  const looks = ['ev', isOpen ? 'open' : '', isFatal ? 'fatal' : ''];
  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: its name is a button, which has the keys. */}
      <div
        class={looks.join(' ')}
        role="row"
        tabIndex={-1}
        data-seq={seq}
        onClick={(click) => {
          if ((click.target as Element).closest('button, a') === null) onToggle();
        }}
      >
        <span role="cell">
          <Glyph name={level} size={14} label={level} />
        </span>
        <time role="cell" class="at" title={full(atMs)}>
          {clock(atMs, 3)}
        </time>
        <Offset atMs={atMs} isFatal={isFatal} />
        <span role="cell" class="what">
          <button type="button" class="clip" aria-expanded={isOpen} title={name} onClick={onToggle}>
            {title === '' ? '(no name)' : title}
          </button>
        </span>
        <span role="cell" class="grp">
          {group !== '' && (
            <button
              type="button"
              class="clip"
              title={`Only events of ${group}`}
              onClick={() => toggleValue('group', group)}
            >
              {group}
            </button>
          )}
        </span>
        <span role="cell" class="msg clip">
          {messageOf(event).slice(0, 300)}
        </span>
        <span role="cell" class="lbls">
          {labels?.slice(0, labelsShown).map((label) => (
            <LabelButton key={label} label={label} />
          ))}
          {labels && labels.length > labelsShown && (
            <span class="t3 small">+{labels.length - labelsShown}</span>
          )}
        </span>
      </div>
      {isOpen && (
        <div role="row">
          <div role="cell">
            <Detail event={event} isFatal={isFatal} />
          </div>
        </div>
      )}
    </>
  );
}

/** A label that filters the events by itself. */
export function LabelButton({ label }: { label: string }) {
  return (
    <button
      type="button"
      class="label clip"
      title={`Only events labelled ${label}`}
      onClick={() => toggleValue('label', label)}
    >
      {label}
    </button>
  );
}

/** What an event says: its message, or that of its exception. */
function messageOf({ message, exception_msg }: SessionEvent): string {
  return message === '' ? (exception_msg ?? '') : message;
}

function Offset({ atMs, isFatal }: { atMs: number; isFatal: boolean }) {
  const { endMs, isLive } = useSession();
  const row = useRow();
  const distanceMs = atMs - endMs.value;
  const isEnd = isFatal || (!isLive.value && Math.abs(distanceMs) < 0.5);
  return (
    <span role="cell" class="to">
      {isEnd ? endName(row) : offset(distanceMs)}
    </span>
  );
}

/** Whether a name says no more than that there was an exception. */
function isPlainName(name: string): boolean {
  return /^(exception|error|unhandled_?(exception|rejection)|uncaught_?exception)$/i.test(name);
}
