/** Search from anywhere: sessions by id, products, machines, and words of events. */
import { signal } from '@preact/signals';

/** Whether the search is open. */
export const isSearchOpen = signal(false);

/** The dialog of the search. */
export function Search() {
  return isSearchOpen.value ? <dialog class="finder" /> : null;
}
