/** The whole dashboard: the bar, one page, and what lies over all of them. */
import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { go, href, path } from './address.ts';
import { isLockedOut } from './api.ts';
import { useKeys } from './keyboard.ts';
import { Bar, Tabs } from './shell/bar.tsx';
import { Help, isHelpOpen } from './shell/help.tsx';
import { Login } from './shell/login.tsx';
import { isSearchOpen, Search } from './shell/search.tsx';

/** The pages by the first word of their path; each is loaded when somebody goes there. */
const pages: Record<string, () => Promise<ComponentType>> = {
  '': async () => (await import('./pages/overview/page.tsx')).OverviewPage,
  sessions: async () => (await import('./pages/sessions/page.tsx')).SessionsPage,
  session: async () => (await import('./pages/session/page.tsx')).SessionPage,
  explore: async () => (await import('./pages/explore/page.tsx')).ExplorePage,
  compare: async () => (await import('./pages/compare/page.tsx')).ComparePage,
  versions: async () => (await import('./pages/versions/page.tsx')).VersionsPage,
  settings: async () => (await import('./pages/settings/page.tsx')).SettingsPage,
};

const loaded = signal<Record<string, ComponentType>>({});
const failed = signal('');

/** Bar, page, tabs of the phone, help, search; the way in where the server asks who it is. */
export function App() {
  const name = pageName(path.value);
  const Page = loaded.value[name];
  useEffect(() => load(name), [name]);
  useKeys([
    { keys: '?', label: 'All keys', group: 'Everywhere', run: () => toggle(isHelpOpen) },
    { keys: '/', label: 'Search', group: 'Everywhere', run: () => toggle(isSearchOpen) },
    ...places.map(([keys, page, label]) => ({
      keys,
      label,
      group: 'Everywhere',
      run: () => go(href(page)),
    })),
  ]);
  if (isLockedOut.value) return <Login />;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Bar page={name} />
      <main id="main" tabIndex={-1}>
        {name === 'nowhere' && <Nowhere />}
        {failed.value === name && name !== '' && <LoadFailed name={name} />}
        {Page !== undefined && <Page />}
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

/** The name of the page that a path leads to; `nowhere` when it leads to none. */
function pageName(where: string): string {
  const [first = '', second] = where.split('/');
  if (first === 'sessions' && second !== undefined) return 'session';
  return first !== 'session' && first in pages ? first : 'nowhere';
}

function load(name: string): void {
  if (name in loaded.peek()) return;
  failed.value = '';
  pages[name]?.().then(
    (page) => {
      loaded.value = { ...loaded.value, [name]: page };
    },
    () => {
      failed.value = name;
    },
  );
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

function LoadFailed({ name }: { name: string }) {
  return (
    <p class="failure" role="alert">
      <span>This page could not be loaded: the server cannot be reached, or has become newer</span>
      <button type="button" class="btn btn-s" onClick={() => load(name)}>
        Retry
      </button>
      <button type="button" class="btn btn-s" onClick={() => location.reload()}>
        Reload
      </button>
    </p>
  );
}
