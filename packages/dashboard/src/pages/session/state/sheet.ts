/** The sheet that the state is on a phone: what changed at the cursor, pulled up for the tree. */
import { signal } from '@preact/signals';
import { useRef, useState } from 'preact/hooks';

/** How far it is pulled before it opens or closes, in pixels. */
const pullPx = 36;

const phone = matchMedia('(max-width: 720px)');
const isPhone = signal(phone.matches);
phone.addEventListener('change', () => {
  isPhone.value = phone.matches;
});

/** Whether it is open, and the hands on it: a button, and a grip that is pulled. */
export function useSheet() {
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const from = useRef<number | undefined>(undefined);

  const shift = (px: number): void => {
    const sheet = place.current?.parentElement;
    if (sheet) sheet.style.translate = px === 0 ? '' : `0 ${px}px`;
  };
  const letGo = (): void => {
    from.current = undefined;
    shift(0);
  };
  const end = (event: PointerEvent): void => {
    if (from.current === undefined) return;
    const pulled = event.clientY - from.current;
    letGo();
    if (Math.abs(pulled) > pullPx) setOpen(pulled < 0);
  };
  return {
    isOpen,
    /** Whether it shows only what changed. */
    isClosed: isPhone.value && !isOpen,
    place,
    toggle: () => setOpen(!isOpen),
    grip: {
      onPointerDown: (event: PointerEvent) => {
        if (!isPhone.value || (event.target as Element).closest('button') !== null) return;
        from.current = event.clientY;
        (event.currentTarget as Element).setPointerCapture(event.pointerId);
      },
      onPointerMove: (event: PointerEvent) => {
        if (from.current !== undefined) shift(Math.max(-pullPx, event.clientY - from.current));
      },
      onPointerUp: end,
      onPointerCancel: letGo,
    },
  };
}
