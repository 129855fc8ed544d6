/** Writes the table of settings into docs/configuration.md; a test fails while the two differ. */
import { readFileSync, writeFileSync } from 'node:fs';
import { renderConfigurationTable } from '../packages/server/src/config/table.ts';

const page = new URL('../docs/configuration.md', import.meta.url);
const text = readFileSync(page, 'utf8');
const table = `<!-- settings -->\n\n${renderConfigurationTable()}\n\n<!-- /settings -->`;
writeFileSync(
  page,
  text.replace(/<!-- settings -->[\s\S]*<!-- \/settings -->/, () => table),
);
