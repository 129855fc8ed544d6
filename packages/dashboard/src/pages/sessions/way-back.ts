/** The way back from a session: the list stands where it stood. */
import { useEffect } from 'preact/hooks';

/** Where somebody was when they left the list. */
interface Left {
  /** The address of the list that they left. */
  address: string;
  scrollY: number;
  atId: string | undefined;
}

/** How long after the browser's own button the list may take to come back. */
const backMs = 5_000;

let left: Left | undefined;
let wentBackAt = Number.NEGATIVE_INFINITY;

addEventListener('popstate', () => {
  wentBackAt = performance.now();
});

/** Remembers where the list stands; to be called right before something else is opened. */
export function leaveList(atId: string | undefined): void {
  left = { address: location.href, scrollY: window.scrollY, atId };
}

/** Puts the list where it stood, once its first rows are there, when somebody came back to it. */
export function useWayBack(isThere: boolean, onAt: (id: string | undefined) => void): void {
  useEffect(() => {
    if (!isThere || left === undefined || performance.now() - wentBackAt > backMs) return;
    const { address, scrollY, atId } = left;
    left = undefined;
    if (address !== location.href) return;
    scrollTo(0, scrollY);
    onAt(atId);
  }, [isThere]);
}
