/** The theme: dark, light, or what the system says. */
import { computed, type ReadonlySignal, signal } from '@preact/signals';

/** What somebody chose. */
export type ThemeChoice = 'system' | 'light' | 'dark';

const place = 'tacho-theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(system.matches);

/** The choice; kept in this browser. */
export const themeChoice = signal<ThemeChoice>(read());

/** What is shown: canvases that read colours draw anew when it changes. */
export const theme: ReadonlySignal<'light' | 'dark'> = computed(() => {
  if (themeChoice.value !== 'system') return themeChoice.value;
  return systemIsDark.value ? 'dark' : 'light';
});

/** Shows the choice, and follows the system where it is left to it. */
export function startTheme(): void {
  system.addEventListener('change', () => {
    systemIsDark.value = system.matches;
  });
  themeChoice.subscribe((choice) => {
    if (choice === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    try {
      localStorage.setItem(place, choice);
    } catch {
      // A browser that keeps nothing shows the choice until the page is left.
    }
  });
}

const colors = new Map<string, string>();
theme.subscribe(() => colors.clear());

/**
 * A colour of the tokens as canvases take it: `color('--o-crashed')`. Asked for again when `theme`
 * changes; between that it is kept, since reading it makes the browser bring all styles up to date.
 */
export function color(token: string): string {
  const known =
    colors.get(token) ?? getComputedStyle(document.documentElement).getPropertyValue(token).trim();
  colors.set(token, known);
  return known;
}

function read(): ThemeChoice {
  try {
    const kept = localStorage.getItem(place);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system';
  }
}
