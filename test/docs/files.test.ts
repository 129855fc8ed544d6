/** docs/architecture.md lists every source file, with what the file says of itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { filesList, sourceFiles } from './files.ts';
import { tableIn, withTable } from './tables.ts';

const page = new URL('../../docs/architecture.md', import.meta.url);

describe('architecture.md', () => {
  it('lists every source file with its job (UPDATE_DOCS=1 rewrites the list)', () => {
    const made = filesList();
    if (process.env.UPDATE_DOCS === '1') {
      writeFileSync(page, withTable(readFileSync(page, 'utf8'), 'files', made));
    }
    expect(tableIn(readFileSync(page, 'utf8'), 'files')).toBe(made);
    expect(sourceFiles().size).toBeGreaterThan(5);
  });
});
