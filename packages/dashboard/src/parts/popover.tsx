/** What opens under a button and closes by Esc, by a click elsewhere, or when focus leaves it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

/** A button and what it opens. */
export function Popover({
  button,
  label,
  class: look = 'btn btn-quiet',
  align = 'start',
  children,
}: {
  /** What the button shows. */
  button: ComponentChildren;
  /** Its name, when its words do not say enough. */
  label?: string;
  class?: string;
  align?: 'start' | 'end';
  /** What it opens; `close` closes it and gives the focus back. */
  children: (close: () => void) => ComponentChildren;
}) {
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const id = useId();
  const close = (): void => {
    setOpen(false);
    place.current?.querySelector('button')?.focus();
  };
  useEffect(() => {
    if (!isOpen) return undefined;
    const leave = (event: Event): void => {
      const target = event.target as Node;
      // A press on a label gives the focus to what is around it, for a moment.
      if (event.type === 'focusin' && target.contains(place.current)) return;
      if (!place.current?.contains(target)) setOpen(false);
    };
    document.addEventListener('pointerdown', leave);
    document.addEventListener('focusin', leave);
    place.current?.querySelector<HTMLElement>(`#${CSS.escape(id)} :is(input, button, a)`)?.focus();
    return () => {
      document.removeEventListener('pointerdown', leave);
      document.removeEventListener('focusin', leave);
    };
  }, [isOpen, id]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc closes from anywhere inside.
    <div
      class="popover"
      ref={place}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.preventDefault();
        close();
      }}
    >
      <button
        type="button"
        class={look}
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        {button}
      </button>
      {isOpen && (
        // A press on its words must not move the focus out of it, to what holds the page.
        <div class={`popover-box popover-${align}`} id={id} tabIndex={-1}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
