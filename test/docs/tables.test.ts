/** Tables of the documentation say what the source says; `UPDATE_DOCS=1` rewrites the generated ones. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandTree } from '../../packages/server/src/cli/completion/tree.ts';
import { tachoCommand } from '../../packages/server/src/cli/index.ts';
import { endpointsTable, filterTable, parametersTable } from './endpoints.ts';
import {
  agentTable,
  booleansTable,
  commandsTable,
  errorRows,
  exitTable,
  lifecycleTable,
  limitsTable,
  namingTable,
  rowsOf,
  tableIn,
  withTable,
} from './tables.ts';

const fileOf = (page: string) => new URL(`../../docs/${page}`, import.meta.url);
const textOf = (page: string) => readFileSync(fileOf(page), 'utf8');

const pages = readdirSync(new URL('../../docs/', import.meta.url)).filter((page) =>
  page.endsWith('.md'),
);

/** Tables of parameters stand where a page asks for them: `<!-- table:params:ENDPOINT -->`. */
const parameters = pages.flatMap((page) =>
  [...textOf(page).matchAll(/<!-- table:params:(\w+) -->/g)].map(([, name = '']) => ({
    page,
    name: `params:${name}`,
    make: () => (name === 'filter' ? filterTable() : parametersTable(name)),
  })),
);

const generated = [
  { page: 'operations.md', name: 'limits', make: limitsTable },
  { page: 'naming.md', name: 'naming', make: namingTable },
  { page: 'api.md', name: 'endpoints', make: endpointsTable },
  { page: 'configuration.md', name: 'agent', make: agentTable },
  { page: 'cli.md', name: 'commands', make: commandsTable },
  { page: 'cli.md', name: 'exit', make: exitTable },
  { page: 'concepts.md', name: 'lifecycle', make: lifecycleTable },
  { page: 'concepts.md', name: 'booleans', make: booleansTable },
  ...parameters,
];

describe('the documentation', () => {
  it('cli.md: every command has a place and an example', () => {
    const text = textOf('cli.md');
    for (const { path, commands } of commandTree(tachoCommand())) {
      if (path === '' || commands.length > 0) continue;
      expect(text, path).toMatch(new RegExp(`^###.* tacho ${path}\\b`, 'm'));
      expect(text, path).toMatch(new RegExp(`^(source <\\()?npx tacho ${path}\\b`, 'm'));
    }
  });

  it.each(generated)('$page: the table "$name" is the one that the source makes', (entry) => {
    const made = entry.make();
    if (process.env.UPDATE_DOCS === '1') {
      writeFileSync(fileOf(entry.page), withTable(textOf(entry.page), entry.name, made));
    }
    expect(tableIn(textOf(entry.page), entry.name)).toBe(made);
  });

  it('api.md: the error table has every code with its status, and says when it comes', () => {
    const rows = rowsOf(tableIn(textOf('api.md'), 'errors'));
    expect(rows.map((cells) => cells.slice(0, 4))).toEqual(errorRows());
    for (const [code, , , , when] of rows) expect(when, code).toMatch(/\w+/);
  });
});
