/** The address bar as state: which page is shown, and what of it, so that every view has a link. */
import { computed, type ReadonlySignal, signal } from '@preact/signals';

/** Values of a query; absent, null and empty ones are left out, lists become repeated names. */
export type Query = Record<
  string,
  string | number | boolean | null | undefined | readonly (string | number)[]
>;

/** The folder that the dashboard lives in, with any path prefix of a proxy: `https://host/tacho/`. */
export const root = new URL(
  document.querySelector('base') === null ? '/' : '.',
  document.querySelector('base') === null ? location.origin : document.baseURI,
);

/** How long changes of a view wait before the history takes them: browsers refuse too many. */
const settleMs = 200;

/** The same for a step that comes `soon`. */
const stepMs = 100;

const url = signal(new URL(location.href));

/** The page without the prefix and without slashes at its ends: ``, `sessions`, `sessions/5e551000`. */
export const path: ReadonlySignal<string> = computed(() =>
  decodeURI(url.value.pathname.slice(root.pathname.length)).replace(/^\/+|\/+$/g, ''),
);

/** The parameters of the view. */
export const query: ReadonlySignal<URLSearchParams> = computed(() => url.value.searchParams);

let settling: number | undefined;
let isStep = false;

/** Follows the browser's own buttons and the links of the page; called once. */
export function startAddress(): void {
  // A page that is entered at another depth would otherwise change what relative links mean.
  const base = document.querySelector('base');
  if (base !== null) base.href = root.href;
  addEventListener('popstate', () => {
    forget();
    url.value = new URL(location.href);
  });
  addEventListener('pagehide', settle);
  document.addEventListener('click', follow);
}

/** The address of a page of ours, for `href`. */
export function href(page: string, params: Query = {}): string {
  const text = write(params).toString();
  return `${root.pathname}${page}${text === '' ? '' : `?${text}`}`;
}

/** The whole address of the view that is shown, to be passed on. */
export function link(): string {
  settle();
  return url.value.href;
}

/** Goes to an address that `href` made. */
export function go(to: string): void {
  settle();
  const next = new URL(to, location.href);
  if (next.href === url.value.href) return;
  const isOtherPage = next.pathname !== url.value.pathname;
  history.pushState(null, '', next);
  url.value = next;
  if (isOtherPage) scrollTo(0, 0);
}

/**
 * Changes some parameters of the view and keeps the others. A `step` can be undone with the
 * browser's back button; anything else, such as a moved cursor, replaces the entry. An entry of the
 * history takes the browser about as long as a zoom takes the page: a step that comes `soon` is
 * written after the view was shown, and those that follow each other faster are undone as one.
 */
export function setQuery(changes: Query, { step = false }: { step?: boolean | 'soon' } = {}): void {
  const next = new URL(url.value);
  for (const name of Object.keys(changes)) next.searchParams.delete(name);
  for (const [name, value] of write(changes)) next.searchParams.append(name, value);
  if (next.href === url.value.href) return;
  if (step === true || (step && !isStep)) {
    settle();
    isStep = true;
    settling = setTimeout(settle, stepMs);
  }
  settling ??= setTimeout(settle, settleMs);
  url.value = next;
  if (step === true) settle();
}

function settle(): void {
  if (settling === undefined) return;
  if (isStep) history.pushState(null, '', url.peek());
  else history.replaceState(null, '', url.peek());
  forget();
}

function forget(): void {
  clearTimeout(settling);
  settling = undefined;
  isStep = false;
}

function write(params: Query): URLSearchParams {
  const written = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== '') written.append(name, String(each));
    }
  }
  return written;
}

/** Links to pages of ours change the view instead of loading the page anew. */
function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const anchor = (event.target as Element).closest?.('a');
  if (anchor?.target !== '' || anchor.hasAttribute('download')) return;
  // The base of the page would make the root of a place on this page.
  const place = /^#(.+)/.exec(anchor.getAttribute('href') ?? '')?.[1];
  if (place !== undefined) {
    event.preventDefault();
    document.getElementById(place)?.focus();
    return;
  }
  if (anchor.origin !== location.origin || !anchor.pathname.startsWith(root.pathname)) return;
  const page = anchor.pathname.slice(root.pathname.length);
  if (/^(api|docs|health|metrics|openapi)\b/.test(page)) return;
  event.preventDefault();
  go(anchor.href);
}
