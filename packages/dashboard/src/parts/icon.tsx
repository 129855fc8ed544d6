/** Icons: what a button does, in one line weight; always beside or instead of a word that is its name. */

const paths = {
  search: 'M11.25 7a4.25 4.25 0 1 1-8.5 0 4.25 4.25 0 0 1 8.5 0m-.75 3.5 3 3',
  copy: 'M7 5.5h5A1.5 1.5 0 0 1 13.5 7v5a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 12V7A1.5 1.5 0 0 1 7 5.5m3.5 0V4A1.5 1.5 0 0 0 9 2.5H4A1.5 1.5 0 0 0 2.5 4v5A1.5 1.5 0 0 0 4 10.5h1.5',
  link: 'M6.7 9.3a2.6 2.6 0 0 0 3.7 0l2.3-2.3A2.6 2.6 0 0 0 9 3.3l-.7.7m1 2.7a2.6 2.6 0 0 0-3.7 0L3.3 9A2.6 2.6 0 0 0 7 12.7l.7-.7',
  compare: 'M5 2.5v11m6-11v11M2.5 5 5 2.5 7.5 5m1 6 2.5 2.5 2.5-2.5',
  close: 'm4.5 4.5 7 7m0-7-7 7',
  right: 'm6 4 4 4-4 4',
  left: 'm10 4-4 4 4 4',
  down: 'm4 6 4 4 4-4',
  up: 'm4 10 4-4 4 4',
  gear: 'M10.25 8a2.25 2.25 0 1 1-4.5 0 2.25 2.25 0 0 1 4.5 0M8 1.8v2m0 8.4v2M1.8 8h2m8.4 0h2M3.6 3.6 5 5m6 6 1.4 1.4m0-8.8L11 5m-6 6-1.4 1.4',
  theme:
    'M13.75 8A5.75 5.75 0 1 1 8 2.25 5.75 5.75 0 0 1 13.75 8M8 2.25v11.5m1.5-11v10.5m1.5-9.6v8.7m1.5-6.8v4.9',
  overview: 'M2.5 13.5V9m3.7 4.5V5m3.6 8.5v-6m3.7 6v-11',
  list: 'M5.5 4h8m-8 4h8m-8 4h8M2.5 4h.01M2.5 8h.01m-.01 4h.01',
  chart: 'M2 11.5 5.5 7l3 2.5L14 3.5',
  more: 'M3.5 8h.01M8 8h.01m4.49 0h.01',
  filter: 'M2.5 4h11m-9 4h7m-5 4h3',
  plus: 'M8 3.5v9M3.5 8h9',
  minus: 'M3.5 8h9',
  check: 'm3.5 8.5 3 3 6-7',
  pin: 'M8 9.5V14M5 2.5h6l-1 4 2 3H4l2-3z',
  export: 'M8 10.5v-8m-3 3 3-3 3 3m-8 4v4h10v-4',
  pause: 'M5.5 3.5v9m5-9v9',
  play: 'M5 3.5v9l7-4.5z',
  versions: 'M8 2.5 13.5 5 8 7.5 2.5 5zM2.5 8 8 10.5 13.5 8m-11 3L8 13.5l5.5-2.5',
  help: 'M13.75 8a5.75 5.75 0 1 1-11.5 0 5.75 5.75 0 0 1 11.5 0M6.4 6.4a1.65 1.65 0 1 1 2.4 1.5c-.5.3-.8.6-.8 1.2M8 11.2h.01',
  trash: 'M3 4.5h10m-6.5-2h3M4.5 4.5l.5 9h6l.5-9',
} as const;

/** The name of an icon. */
export type IconName = keyof typeof paths;

/** An icon, decoration for those who hear the page. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
