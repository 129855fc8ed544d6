/** The bar over every page, and the tabs that a phone has in its place. */
import { href } from '../address.ts';
import { useAnswer } from '../answer.ts';
import { count } from '../format/number.ts';
import { liveState } from '../live.ts';
import { Glyph } from '../parts/glyph.tsx';
import { Icon, type IconName } from '../parts/icon.tsx';
import { theme, themeChoice } from '../theme.ts';
import { isSearchOpen } from './search.tsx';

const pages: readonly [page: string, label: string, icon: IconName][] = [
  ['', 'Overview', 'overview'],
  ['sessions', 'Sessions', 'list'],
  ['explore', 'Metrics', 'chart'],
  ['compare', 'Compare', 'compare'],
  ['versions', 'Versions', 'versions'],
];

/** How often the number of live sessions is asked for. */
const liveRefreshMs = 10_000;

/** Name, pages, what is alive, search, settings, theme. */
export function Bar({ page }: { page: string }) {
  return (
    <header class="bar">
      <a class="brand" href={href('')}>
        <Mark />
        Tacho
      </a>
      <nav class="nav" aria-label="Pages">
        {pages.map(([name, label]) => (
          <a key={name} href={href(name)} aria-current={isHere(name, page) ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <span class="grow" />
      {liveState.value === 'lost' && (
        <span class="small worse clip" role="status">
          Connection lost, trying again
        </span>
      )}
      <LiveCount />
      <button
        type="button"
        class="search"
        onClick={() => {
          isSearchOpen.value = true;
        }}
      >
        <Icon name="search" />
        <span class="grow clip">Find a session, event, machine</span>
        <kbd>/</kbd>
      </button>
      <button
        type="button"
        class="iconbtn phone"
        aria-label="Search"
        onClick={() => {
          isSearchOpen.value = true;
        }}
      >
        <Icon name="search" />
      </button>
      <a
        class="iconbtn"
        href={href('settings')}
        aria-label="Settings"
        title="Settings"
        aria-current={page === 'settings' ? 'page' : undefined}
      >
        <Icon name="gear" />
      </a>
      <button
        type="button"
        class="iconbtn"
        aria-label={theme.value === 'dark' ? 'Light theme' : 'Dark theme'}
        title={theme.value === 'dark' ? 'Light theme' : 'Dark theme'}
        onClick={() => {
          themeChoice.value = theme.value === 'dark' ? 'light' : 'dark';
        }}
      >
        <Icon name="theme" />
      </button>
    </header>
  );
}

/** The pages at the bottom of a phone. */
export function Tabs({ page }: { page: string }) {
  return (
    <nav class="tabs" aria-label="Pages of the phone">
      {pages.map(([name, label, icon]) => (
        <a key={name} href={href(name)} aria-current={isHere(name, page) ? 'page' : undefined}>
          <Icon name={icon} size={20} />
          {label}
        </a>
      ))}
    </nav>
  );
}

function LiveCount() {
  const { value } = useAnswer(
    'listSessions',
    { query: { lifecycle: 'active', limit: 1, profile: false } },
    { refreshMs: liveRefreshMs },
  );
  const live = value?.totals?.active;
  if (live === undefined) return null;
  return (
    <a
      class="pulse-link small"
      href={href('sessions', { lifecycle: 'active' })}
      title="Sessions alive now"
    >
      <Glyph name={live > 0 ? 'live' : 'debug'} size={14} />
      <span>{count(live)} live</span>
    </a>
  );
}

function isHere(name: string, page: string): boolean {
  return name === page || (name === 'sessions' && page === 'session');
}

function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" fill="none" aria-hidden="true">
      <circle cx="11" cy="11" r="9" stroke="currentColor" stroke-width="1.75" />
      <path
        d="M2.5 12h4l1.8-4.5 3.2 8L13.7 10l1 2h4.8"
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linejoin="round"
        stroke-linecap="round"
      />
    </svg>
  );
}
