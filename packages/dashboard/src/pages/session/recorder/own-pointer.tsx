/** A part of the recorder in which the pointer has nothing to do with time: menus, lists, fields. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A press is known by its mark `data-own-pointer`, and goes on: it closes what is open elsewhere. */
const kinds = ['pointermove', 'wheel', 'dblclick'] as const;

/** Keeps what the pointer does here from moving the cursor and the view. */
export function OwnPointer({
  class: look = 'own-pointer',
  children,
}: {
  class?: string;
  children: ComponentChildren;
}) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    const keep = (event: Event): void => event.stopPropagation();
    for (const kind of kinds) element?.addEventListener(kind, keep);
    return () => {
      for (const kind of kinds) element?.removeEventListener(kind, keep);
    };
  }, []);
  return (
    <div ref={place} class={look} data-own-pointer>
      {children}
    </div>
  );
}
