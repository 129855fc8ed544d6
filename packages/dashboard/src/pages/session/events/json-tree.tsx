/** JSON that can be folded: the data of an event, however large. */
import { useState } from 'preact/hooks';

/** Entries of one object or array that are shown at first. */
const entriesShown = 50;

/** Characters of one text. */
const textLengthMax = 2_000;

/** What is deeper than that comes folded. */
const openDepth = 2;

/** A value and what is in it. */
export function JsonTree({ value }: { value: unknown }) {
  return (
    <div class="json">
      <Value value={value} depth={0} />
    </div>
  );
}

function Value({ value, depth, name }: { value: unknown; depth: number; name?: string }) {
  const [isOpen, setOpen] = useState(depth < openDepth);
  const [most, setMost] = useState(entriesShown);
  const label = name === undefined ? null : <span class="jk">{name}: </span>;
  if (typeof value !== 'object' || value === null) {
    return (
      <div class="jv">
        {label}
        <Scalar value={value} />
      </div>
    );
  }
  const isArray = Array.isArray(value);
  const entries = Object.entries(value);
  if (entries.length === 0) {
    return (
      <div class="jv">
        {label}
        {isArray ? '[]' : '{}'}
      </div>
    );
  }
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {label}
        <span class="t3">{isArray ? `[${entries.length}]` : `{${entries.length}}`}</span>
      </summary>
      {isOpen &&
        entries
          .slice(0, most)
          .map(([key, inner]) => <Value key={key} name={key} value={inner} depth={depth + 1} />)}
      {isOpen && entries.length > most && (
        <button type="button" class="link" onClick={() => setMost(most + 500)}>
          {entries.length - most} more
        </button>
      )}
    </details>
  );
}

function Scalar({ value }: { value: unknown }) {
  const text = JSON.stringify(value);
  return (
    <span class={typeof value === 'string' ? 'js' : 'jn'}>
      {text.length > textLengthMax ? `${text.slice(0, textLengthMax)}…` : text}
    </span>
  );
}
