/** The editor that frames of stack traces link to; everybody chooses their own, in their browser. */
import { signal } from '@preact/signals';

/** Editors with an address of their own; `custom` is a template, `none` makes no links. */
export const editors = ['none', 'vscode', 'cursor', 'idea', 'custom'] as const;

/** One of them. */
export type EditorName = (typeof editors)[number];

/** What somebody chose. */
export interface EditorChoice {
  name: EditorName;
  /** Address with `{file}` and `{line}`, for `custom`. */
  template: string;
}

const place = 'tacho-editor';

const templates: Record<Exclude<EditorName, 'none' | 'custom'>, string> = {
  vscode: 'vscode://file/{file}:{line}',
  cursor: 'cursor://file/{file}:{line}',
  idea: 'idea://open?file={file}&line={line}',
};

/** Addresses that would run something in this page, or hand it what it should not read. */
const refused = /^(javascript|data|vbscript|blob|file|about):/i;

/** The choice; kept in this browser. */
export const editorChoice = signal<EditorChoice>(read());

/** Chooses an editor from now on. */
export function chooseEditor(choice: EditorChoice): void {
  editorChoice.value = choice;
  try {
    localStorage.setItem(place, JSON.stringify(choice));
  } catch {
    // A browser that keeps nothing uses the choice until the page is left.
  }
}

/** The address that opens a place in the editor; undefined when there is none, or it is not safe. */
export function editorLink(
  { name, template }: EditorChoice,
  file: string,
  line = 1,
): string | undefined {
  if (name === 'none' || file === '') return undefined;
  const form = name === 'custom' ? template.trim() : templates[name];
  if (!/^[a-z][a-z0-9+.-]*:/i.test(form) || refused.test(form)) return undefined;
  if (!form.includes('{file}')) return undefined;
  // Slashes stay: editors take a path, not one word.
  const path = encodeURIComponent(file.replace(/^file:\/\//, '')).replaceAll('%2F', '/');
  return form.replaceAll('{file}', () => path).replaceAll('{line}', String(line));
}

function read(): EditorChoice {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? '{}') as Partial<EditorChoice>;
    const name = editors.find((each) => each === kept.name) ?? 'none';
    return { name, template: typeof kept.template === 'string' ? kept.template : '' };
  } catch {
    return { name: 'none', template: '' };
  }
}
