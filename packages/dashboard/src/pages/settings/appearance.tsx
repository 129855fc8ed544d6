/** How the dashboard looks, in this browser. */
import { Segments } from '../../parts/segments.tsx';
import { type ThemeChoice, themeChoice } from '../../theme.ts';

const choices: readonly { value: ThemeChoice; label: string }[] = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

/** The choice of the theme. */
export function Appearance() {
  return (
    <section class="panel" aria-labelledby="appearance-title">
      <header>
        <h2 id="appearance-title">This browser</h2>
      </header>
      <dl class="facts">
        <div>
          <dt>Theme</dt>
          <dd>
            <Segments
              label="Theme"
              segments={choices}
              value={themeChoice.value}
              onChange={(choice) => {
                themeChoice.value = choice;
              }}
            />
          </dd>
        </div>
        <div>
          <dt>Time zone</dt>
          <dd>{Intl.DateTimeFormat().resolvedOptions().timeZone}</dd>
        </div>
      </dl>
    </section>
  );
}
