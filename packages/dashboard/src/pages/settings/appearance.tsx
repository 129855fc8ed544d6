/** How the dashboard looks, in this browser. */
import { chooseEditor, type EditorName, editorChoice, editors } from '../../editor.ts';
import { Segments } from '../../parts/segments.tsx';
import { type ThemeChoice, themeChoice } from '../../theme.ts';

const choices: readonly { value: ThemeChoice; label: string }[] = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

const editorNames: Record<EditorName, string> = {
  none: 'No links',
  vscode: 'Visual Studio Code',
  cursor: 'Cursor',
  idea: 'IntelliJ IDEA and its kin',
  custom: 'Another one',
};

/** The theme, and the editor that stack traces link to. */
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
        <Editor />
        <div>
          <dt>Time zone</dt>
          <dd>{Intl.DateTimeFormat().resolvedOptions().timeZone}</dd>
        </div>
      </dl>
    </section>
  );
}

function Editor() {
  const { name, template } = editorChoice.value;
  return (
    <div>
      <dt>
        <label for="editor">Stack traces open in</label>
      </dt>
      <dd class="editor">
        <select
          id="editor"
          value={name}
          onChange={(event) =>
            chooseEditor({ name: event.currentTarget.value as EditorName, template })
          }
        >
          {editors.map((each) => (
            <option key={each} value={each}>
              {editorNames[each]}
            </option>
          ))}
        </select>
        {name === 'custom' && (
          <input
            aria-label="Address of a place in the editor"
            placeholder="myeditor://open?file={file}&line={line}"
            value={template}
            onInput={(event) => chooseEditor({ name, template: event.currentTarget.value })}
          />
        )}
      </dd>
    </div>
  );
}
