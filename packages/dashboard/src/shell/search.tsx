/** Search from anywhere: sessions by id, products, versions, machines, and words of events. */
import { signal } from '@preact/signals';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { go } from '../address.ts';
import { useLoaded } from '../answer.ts';
import { Glyph } from '../parts/glyph.tsx';
import { Icon } from '../parts/icon.tsx';
import { Failure, Skeleton } from '../parts/waiting.tsx';
import { type Finding, find } from './find.ts';
import './search.css';

/** Whether the search is open. */
export const isSearchOpen = signal(false);

/** How long the typing has to rest before the server is asked. */
const restMs = 120;

/** The dialog of the search. */
export function Search() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = isSearchOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const close = (): void => {
    isSearchOpen.value = false;
  };
  return (
    <dialog
      class="finder"
      ref={dialog}
      aria-label="Search"
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      {isOpen && <Finder close={close} />}
    </dialog>
  );
}

function Finder({ close }: { close: () => void }) {
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), restMs);
    return () => clearTimeout(timer);
  }, [text]);
  const found = useLoaded((signal) => find(asked, signal), asked);
  const findings = found.value ?? [];
  const chosen = Math.min(at, findings.length - 1);
  const open = (finding: Finding | undefined): void => {
    if (finding === undefined) return;
    close();
    go(finding.href);
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((chosen + step + findings.length) % Math.max(1, findings.length));
    else if (event.key === 'Enter') open(findings[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div class="finder-field">
        <Icon name="search" />
        <input
          autofocus
          // biome-ignore lint/a11y/noRedundantRoles: without a list the role is not there by itself.
          role="combobox"
          list={undefined}
          aria-label="Find a session, event, machine"
          aria-expanded={findings.length > 0}
          aria-controls={id}
          aria-activedescendant={findings.length > 0 ? `${id}-${chosen}` : undefined}
          placeholder="Find a session, event, machine"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={press}
        />
        <kbd>Esc</kbd>
      </div>
      {found.error !== undefined && <Failure answer={found} />}
      {found.isSlow && findings.length === 0 && <Skeleton rows={3} />}
      <div class="finder-list" id={id} role="listbox" aria-label="Findings">
        {findings.map((finding, i) => (
          <FindingLine
            key={`${finding.heading} ${finding.href}`}
            id={`${id}-${i}`}
            finding={finding}
            isFirst={finding.heading !== findings[i - 1]?.heading}
            isChosen={i === chosen}
            open={() => open(finding)}
            point={() => setAt(i)}
          />
        ))}
      </div>
      {found.value !== undefined && findings.length === 0 && asked !== '' && !found.isAsking && (
        <p class="finder-nothing">Nothing found for “{asked}”</p>
      )}
    </>
  );
}

function FindingLine({
  id,
  finding,
  isFirst,
  isChosen,
  open,
  point,
}: {
  id: string;
  finding: Finding;
  isFirst: boolean;
  isChosen: boolean;
  open: () => void;
  point: () => void;
}) {
  const line = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isChosen) line.current?.scrollIntoView({ block: 'nearest' });
  }, [isChosen]);
  return (
    <>
      {isFirst && (
        <div class="finder-heading" role="presentation">
          {finding.heading}
        </div>
      )}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the chosen one. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the field opens the chosen one. */}
      <div
        id={id}
        ref={line}
        role="option"
        aria-selected={isChosen}
        onClick={open}
        onPointerMove={point}
      >
        {finding.glyph && <Glyph name={finding.glyph} size={14} />}
        <span class="clip">
          <b>{finding.title}</b> {finding.detail}
        </span>
        <span class="finder-note">{finding.note}</span>
      </div>
    </>
  );
}
