/** The whole dashboard: the bar, one page, and what lies over all of them. */
import type { ComponentType } from 'preact';
import { useErrorBoundary } from 'preact/hooks';
import { go, href, path } from './address.ts';
import { isLockedOut } from './api.ts';
import { useKeys } from './keyboard.ts';
import { ComparePage } from './pages/compare/page.tsx';
import { ExplorePage } from './pages/explore/page.tsx';
import { OverviewPage } from './pages/overview/page.tsx';
import { SessionPage } from './pages/session/page.tsx';
import { SessionsPage } from './pages/sessions/page.tsx';
import { SettingsPage } from './pages/settings/page.tsx';
import { VersionsPage } from './pages/versions/page.tsx';
import { Bar, Tabs } from './shell/bar.tsx';
import { Help, isHelpOpen } from './shell/help.tsx';
import { Login } from './shell/login.tsx';
import { isSearchOpen, Search } from './shell/search.tsx';

/** The pages by the first word of their path. */
const pages: Record<string, ComponentType> = {
  '': OverviewPage,
  sessions: SessionsPage,
  session: SessionPage,
  explore: ExplorePage,
  compare: ComparePage,
  versions: VersionsPage,
  settings: SettingsPage,
};

/** Bar, page, tabs of the phone, help, search; the way in where the server asks who it is. */
export function App() {
  const name = pageName(path.value);
  const Page = pages[name] ?? Nowhere;
  useKeys(
    [
      { keys: '?', label: 'All keys', group: 'Everywhere', run: () => toggle(isHelpOpen) },
      { keys: '/', label: 'Search', group: 'Everywhere', run: () => toggle(isSearchOpen) },
      ...places.map(([keys, page, label]) => ({
        keys,
        label,
        group: 'Everywhere',
        run: () => go(href(page)),
      })),
    ],
    { isFallback: true },
  );
  if (isLockedOut.value) return <Login />;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Bar page={name} />
      <main id="main" tabIndex={-1}>
        <Guarded key={path.value} page={Page} />
      </main>
      <Tabs page={name} />
      <Help />
      <Search />
    </>
  );
}

const places = [
  ['g o', '', 'Overview'],
  ['g l', 'sessions', 'Sessions'],
  ['g m', 'explore', 'Metrics'],
  ['g c', 'compare', 'Compare'],
  ['g v', 'versions', 'Versions'],
  ['g ,', 'settings', 'Settings'],
] as const;

/** A page that breaks says so, and takes neither the bar nor the way back with it. */
function Guarded({ page: Page }: { page: ComponentType }) {
  const [error, retry] = useErrorBoundary((reason) => console.error(reason));
  if (error === undefined) return <Page />;
  return (
    <p class="failure" role="alert">
      <span>This page broke: {error instanceof Error ? error.message : String(error)}</span>
      <button type="button" class="btn btn-s" onClick={retry}>
        Retry
      </button>
    </p>
  );
}

/** The name of the page that a path leads to; `nowhere` when it leads to none. */
function pageName(where: string): string {
  const [first = '', second] = where.split('/');
  if (first === 'sessions' && second !== undefined) return 'session';
  return first !== 'session' && first in pages ? first : 'nowhere';
}

function toggle(open: { value: boolean }): void {
  open.value = !open.value;
}

function Nowhere() {
  return (
    <div class="empty">
      <h1 class="empty-title">There is no such page</h1>
      <p>
        <a href={href('')}>To the overview</a>
      </p>
    </div>
  );
}
