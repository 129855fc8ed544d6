/** What the parts of the recorder share: its data, and what lies under the pointer. */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { color, theme } from '../../../theme.ts';
import type { Feed } from './feed.ts';
import type { StatusSpan } from './status.ts';

/** Something in a lane that the pointer is over. */
export interface Hit {
  /** Where it stands, in pixels from the left edge of the plots. */
  px: number;
  atMs: number;
  title: string;
  detail: string;
  /** Number of its event, which a click opens. */
  seq?: number;
}

/** Finds what a lane has at a place, in pixels from its upper left corner. */
export type HitTest = (px: number, py: number) => Hit | undefined;

/** What the parts of the recorder share. */
export interface RecorderParts {
  feed: Feed;
  /** By the name of a lane, as in its `data-lane`. */
  hitTests: Map<string, HitTest>;
  hit: Signal<Hit | undefined>;
  /** How the program was doing, in and around the view. */
  spans: ReadonlySignal<readonly StatusSpan[]>;
  /** A series that somebody is over, by its key. */
  raised: Signal<string | undefined>;
}

/** The parts of the recorder that a component belongs to. */
export const RecorderContext = createContext<RecorderParts | undefined>(undefined);

/** What the parts of the recorder share. */
export function useRecorder(): RecorderParts {
  const parts = useContext(RecorderContext);
  if (parts === undefined) throw new Error('This part stands outside of a recorder');
  return parts;
}

const phoneQuery = matchMedia('(max-width: 720px)');
const phone = signal(phoneQuery.matches);
phoneQuery.addEventListener('change', () => {
  phone.value = phoneQuery.matches;
});

/** Whether the page is as narrow as a phone: names stand above the plots. */
export const isPhone: ReadonlySignal<boolean> = phone;

/** Colours of the tokens for canvases; another function when the theme is another one. */
export const inks: ReadonlySignal<(token: string) => string> = computed(() => {
  theme.value;
  return (token) => color(token);
});
