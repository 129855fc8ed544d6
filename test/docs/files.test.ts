/** docs/architecture.md is true: it lists every source file, and every path it names exists. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { filesList, root, sourceFiles } from './files.ts';
import { tableIn, withTable } from './tables.ts';

const page = `${root}docs/architecture.md`;

describe('architecture.md', () => {
  it('lists every source file with its job (UPDATE_DOCS=1 rewrites the list)', () => {
    const made = filesList();
    if (process.env.UPDATE_DOCS === '1') {
      writeFileSync(page, withTable(readFileSync(page, 'utf8'), 'files', made));
    }
    expect(tableIn(readFileSync(page, 'utf8'), 'files')).toBe(made);
    expect(sourceFiles().size).toBeGreaterThan(5);
  });

  it('names only paths that exist', () => {
    const text = readFileSync(page, 'utf8');
    const paths = [...text.matchAll(/`((?:packages|test|docs|scripts|bench|examples)\/[^`\s]*)`/g)];
    expect(paths.length).toBeGreaterThan(15);
    expect(paths.map((match) => match[1]!).filter((path) => !existsSync(root + path))).toEqual([]);
  });
});

describe('every page', () => {
  const pages = [
    'README.md',
    'CHANGELOG.md',
    ...['quick-start', 'concepts', 'metric-types'].map(md),
  ];
  pages.push(...['naming', 'api', 'configuration', 'operations', 'architecture', 'format'].map(md));

  it.each(pages)('%s links only to files and headings that exist', (path) => {
    const text = readFileSync(root + path, 'utf8');
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
    const broken = links.filter(([, target, anchor]) => {
      const file = target === '' ? path : folder + target;
      if (!existsSync(root + file)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(root + file, 'utf8')).has(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

function md(name: string): string {
  return `docs/${name}.md`;
}

/** Anchors as they are made from headings: lower case, spaces as hyphens, punctuation gone. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.matchAll(/^#+ (.*)$/gm)].map((match) => match[1]!);
  return new Set(
    headings.map((text) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}
