/** The settings as a table of Markdown, for docs/configuration.md. */
import { settingNames, settings } from './settings.ts';

/** One row per setting: name, type, default, environment variable, flag, meaning with accepted form. */
export function renderConfigurationTable(): string {
  const head = ['Setting', 'Type', 'Default', 'Environment', 'Flag', 'Meaning'];
  const rows = settingNames.map((name) => {
    const setting = settings[name];
    return [
      code(name),
      setting.type,
      shown(setting.default),
      code(setting.env),
      code(setting.flag),
      `${setting.doc} Accepted: ${setting.accepted.replaceAll('|', '\\|')}.`,
    ];
  });
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function shown(value: unknown): string {
  if (value === null || value === '') return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : code(value.join(','));
  return code(String(value));
}
